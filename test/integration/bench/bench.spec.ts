import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';

import { figureSchema } from '../../../bench/harness/figure.ts';
import { removeTree } from '../../support/remove-tree.ts';
import { runProgram } from '../../support/run-program.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SECTIONS = ['lease', 'request', 'choice', 'store', 'process', 'growth', 'week'];
const resultsSchema = z.object({
  machine: z.record(z.string(), z.string()),
  sections: z.array(z.object({ name: z.string(), figures: z.array(figureSchema) })),
});

it('the whole bench runs in miniature, and every figure it promises is a number', async () => {
  const out = await mkdtemp(join(tmpdir(), 'oma-bench-smoke-'));
  onTestFinished(() => removeTree(out));
  const { code, stderr, stdout } = await runProgram({
    file: process.execPath,
    args: [join(ROOT, 'bench/main.ts'), '--smoke', '--out', out],
    env: { PATH: process.env['PATH'] ?? '', HOME: out },
    cwd: ROOT,
    deadlineMs: 170_000,
  });
  expect(code, stdout + stderr).toBe(0);
  const { sections } = resultsSchema.parse(JSON.parse(await readFile(join(out, 'latest.json'), 'utf8')));
  expect(sections.map(({ name }) => name)).toEqual(SECTIONS);
  for (const { name, figures } of sections) expect(figures.length, name).toBeGreaterThan(3);
  const ids = sections.flatMap(({ figures }) => figures.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  expect(await readFile(join(out, 'latest.md'), 'utf8')).toContain('### A simulated week');
  expect(await readFile(join(out, 'latency-by-clients.svg'), 'utf8')).toContain('<polyline');
});
