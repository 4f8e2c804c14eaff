import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExecEvidence } from '../../probe-runner/evidence.ts';

/** What a stand-in for codex does, as shell commands; `exec` and `appServer` run in the private home. */
export interface FakeCodex {
  readonly version?: string;
  readonly exec?: string;
  readonly appServer?: string;
}

/** Writes a program that looks like codex from outside and returns its path. */
export async function fakeCodex(
  directory: string,
  { version = '0.169.0', exec = 'exit 1', appServer = 'exit 1' }: FakeCodex,
): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'codex');
  await writeFile(
    path,
    [
      '#!/bin/sh',
      'case "$1" in',
      `--version) echo 'codex-cli ${version}';;`,
      'exec)',
      exec,
      ';;',
      'app-server)',
      appServer,
      ';;',
      'esac',
      '',
    ].join('\n'),
  );
  await chmod(path, 0o755);
  return path;
}

/** Writes a program that leaves behind exactly what a recorded run left, and ends as it ended. */
export async function replayedCodex(directory: string, evidence: ExecEvidence): Promise<string> {
  await mkdir(directory, { recursive: true });
  const [session] = evidence.sessions;
  await writeFile(join(directory, 'stdout'), evidence.stdout);
  await writeFile(join(directory, 'session'), session?.text ?? '');
  const folder = '"$CODEX_HOME/sessions/2026/11/23"';
  const leave =
    session === undefined ? '' : `mkdir -p ${folder} && cp '${join(directory, 'session')}' ${folder}/'${session.name}'`;
  const end =
    evidence.exitCode === null
      ? `kill -${(evidence.signal ?? 'SIGKILL').slice('SIG'.length)} $$`
      : `exit ${String(evidence.exitCode)}`;
  return fakeCodex(directory, {
    version: evidence.codexVersion,
    exec: [leave, `cat '${join(directory, 'stdout')}'`, end].join('\n'),
  });
}
