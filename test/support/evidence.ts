import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as z from 'zod';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const countsSchema = z.record(z.string(), z.number());
const latencySchema = z.strictObject({
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
  max: z.number().nullable(),
});

/** What was run: the build, when, and whether the sources were exactly those of the commit. */
const runSchema = z.strictObject({
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  isClean: z.boolean(),
  at: z.iso.datetime(),
  node: z.string(),
});

/** A phase of the promotion and what came out. Units: hours, milliseconds, shares of 1. */
export const phaseSchema = z.strictObject({
  name: z.enum(['canary', 'weighted', 'watch']),
  strategy: z.enum(['round-robin', 'weighted-round-robin']),
  hoursAsked: z.number(),
  hours: z.number(),
  requests: z.int(),
  failed: z.int(),
  successRate: z.number().nullable(),
  latencyMs: latencySchema,
  directLatencyMs: latencySchema,
  p95Ratio: z.number().nullable(),
  served: countsSchema,
  expectedShare: countsSchema,
  problems: z.array(z.string()),
});
export type Phase = z.infer<typeof phaseSchema>;

/** What `npm run canary` leaves. Shape: `isRehearsal` when a phase was shorter than the promotion asks for. */
export const canarySchema = z.strictObject({
  kind: z.literal('canary'),
  run: runSchema,
  isRehearsal: z.boolean(),
  go: z.boolean(),
  phases: z.array(phaseSchema),
});

/** What `npm run rollback-drill` leaves. Units: milliseconds. */
export const rollbackSchema = z.strictObject({
  kind: z.literal('rollback-drill'),
  run: runSchema,
  candidate: z.strictObject({ version: z.string(), buildId: z.string() }),
  knownGood: z.strictObject({ version: z.string(), buildId: z.string(), commit: z.string().nullable() }),
  steps: z.array(z.strictObject({ name: z.string(), ms: z.number(), saw: z.string() })),
  /** From the decision to the last verification. */
  rollbackMs: z.number(),
  lost: z.array(z.string()),
});
export type RollbackDrill = z.infer<typeof rollbackSchema>;

/** Runs in a row that a release wants of each suite. */
export const FLAKE_TIMES = 5;

/** What `npm run test:flakes` leaves. Shape: `isRehearsal` when there were fewer runs than a release wants, or only some files of each suite. */
export const flakesSchema = z.strictObject({
  kind: z.literal('flakes'),
  run: runSchema,
  times: z.int(),
  only: z.string().nullable(),
  isRehearsal: z.boolean(),
  runs: z.array(
    z.strictObject({
      suite: z.enum(['integration', 'web']),
      time: z.int(),
      at: z.iso.datetime(),
      seconds: z.int(),
      tests: z.int(),
      failed: z.int(),
      skipped: z.int(),
      passed: z.boolean(),
    }),
  ),
});
export type FlakeRun = z.infer<typeof flakesSchema>['runs'][number];

/** Says what is being run. */
export function thisRun(): z.infer<typeof runSchema> {
  const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  return {
    commit: git('rev-parse', 'HEAD'),
    isClean: git('status', '--porcelain', '--untracked-files=no') === '',
    at: new Date().toISOString(),
    node: process.versions.node,
  };
}

/** Writes an artefact, checked against its schema. */
export async function writeEvidence<S extends z.ZodType>(file: string, schema: S, value: z.input<S>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(schema.parse(value), null, 2)}\n`);
}

/** Reads an artefact of docs/evidence/. Errors: ZodError when it is not what it should be. */
export function readEvidence<S extends z.ZodType>(name: string, schema: S): z.output<S> {
  return schema.parse(JSON.parse(readFileSync(join(ROOT, 'docs', 'evidence', name), 'utf8')));
}
