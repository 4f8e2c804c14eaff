import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import type { ExecEvidence } from '../../probe-runner/evidence.ts';

/** What one recorded scenario of one codex version left behind. */
export interface Recording {
  readonly version: string;
  readonly scenario: string;
  readonly meta: RecordingMeta;
  /** `stdout.jsonl`, `rollout.jsonl`, `stderr.txt`, `rpc.jsonl`, and `-2`, `-3` of each further run. */
  readonly files: Readonly<Record<string, string>>;
}

interface RecordingMeta {
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly timedOut?: boolean;
  readonly args?: readonly string[];
  readonly runs?: readonly { readonly exitCode: number | null; readonly signal: string | null }[];
  readonly rolloutFiles?: readonly string[];
}

/** One run of codex as the probe-runner would have seen it. */
export interface RecordedRun {
  readonly name: string;
  readonly evidence: ExecEvidence;
}

/** The account that every recording ran as. */
export const RECORDED_ACCOUNT = 'acct-probe-1';

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'codex');

/** Reads every recording of every version. */
export function recordings(): readonly Recording[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json.gz'))
    .toSorted()
    .flatMap((file) => {
      const version = file.slice(0, -'.json.gz'.length);
      const scenarios = JSON.parse(gunzipSync(readFileSync(join(FOLDER, file))).toString('utf8')) as Record<
        string,
        Omit<Recording, 'version' | 'scenario'>
      >;
      return Object.entries(scenarios).map(([scenario, recording]) => ({ version, scenario, ...recording }));
    });
}

/** Every recorded run of `codex exec`, as evidence that asked for what the recording asked for. */
export function recordedRuns(): readonly RecordedRun[] {
  return recordings().flatMap((recording) => runsOf(recording));
}

/** Finds one recorded run, such as `0.169.0/success`. */
export function recordedRun(name: string): ExecEvidence {
  const run = recordedRuns().find((candidate) => candidate.name === name);
  if (run === undefined) throw new Error(`There is no recorded run ${name}.`);
  return run.evidence;
}

function runsOf({ version, scenario, meta, files }: Recording): readonly RecordedRun[] {
  const outputs = Object.keys(files)
    .filter((file) => file.startsWith('stdout'))
    .toSorted((a, b) => runNumber(a) - runNumber(b));
  return outputs.map((file, index) => {
    const suffix = index === 0 ? '' : `-${String(index + 1)}`;
    const stdout = files[file] ?? '';
    const ending = meta.runs?.[index] ?? { exitCode: meta.exitCode ?? null, signal: meta.signal ?? null };
    const evidence: ExecEvidence = {
      ...ending,
      killedFor: meta.timedOut === true ? 'deadline' : null,
      stdout,
      stderr: files[`stderr${suffix}.txt`] ?? '',
      sessions: sessionOf(files[`rollout${suffix}.jsonl`] ?? files['rollout.jsonl'], stdout),
      model: argument(meta, '-m') ?? 'gpt-5.3-codex',
      effort: /"(\w+)"/.exec(meta.args?.find((text) => text.startsWith('model_reasoning_effort')) ?? '')?.[1] ?? 'low',
      codexVersion: version,
      accountId: RECORDED_ACCOUNT,
      startedAtMs: startOf(files['rollout.jsonl']),
    };
    return { name: `${version}/${scenario}${suffix}`, evidence };
  });
}

/** Session files are found by the thread that stdout names. */
function sessionOf(text: string | undefined, stdout: string): ExecEvidence['sessions'] {
  const threadId = /"thread_id":"([^"]+)"/.exec(stdout)?.[1];
  if (text === undefined || threadId === undefined) return [];
  return [{ name: `rollout-2026-11-23T11-14-38-${threadId}.jsonl`, text }];
}

function startOf(rollout: string | undefined): number {
  const timestamp = /"timestamp":"([^"]+)"/.exec(rollout ?? '')?.[1];
  return timestamp === undefined ? 0 : Date.parse(timestamp) - 100;
}

function argument(meta: RecordingMeta, name: string): string | undefined {
  const at = meta.args?.indexOf(name) ?? -1;
  return at === -1 ? undefined : meta.args?.[at + 1];
}

function runNumber(file: string): number {
  return Number(/-(\d+)\./.exec(file)?.[1] ?? 1);
}
