import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

import { expect, onTestFinished } from 'vitest';

import { assertDocumented } from '../../support/documented-exit.ts';
import { DIST } from '../../support/oma.ts';
import { removeTree } from '../../support/remove-tree.ts';
import { type ProgramResult, runProgram } from '../../support/run-program.ts';

export const CLI = join(DIST, 'cli.js');
const COMMAND_MS = 50_000;
const SAYS_MS = 60_000;

/** A program that goes on until it is ended. */
export interface Attended {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly output: () => string;
  readonly says: (text: string) => Promise<void>;
  readonly ended: Promise<number | null>;
}

/** The built oma in an empty home of its own. */
export interface Home {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  readonly oma: (...args: readonly string[]) => Promise<ProgramResult>;
  readonly json: <T>(...args: readonly string[]) => Promise<T>;
  /** The same with another environment. */
  readonly omaWith: (env: Readonly<Record<string, string>>, ...args: readonly string[]) => Promise<ProgramResult>;
  readonly attend: (...args: readonly string[]) => Attended;
  /** Starts another program of the build. */
  readonly attendProgram: (name: string, env: Readonly<Record<string, string>>) => Attended;
}

/** Makes a home; what runs in it is stopped, and the home removed, when the test is over. */
export async function useHome(more: Readonly<Record<string, string>> = {}): Promise<Home> {
  if (!existsSync(CLI)) throw new Error('dist/ is not built: run npm run build.');
  const path = await mkdtemp(join(tmpdir(), 'oma-home-'));
  const env = { PATH: process.env['PATH'] ?? '', HOME: path, LANG: 'C.UTF-8', OPENCODE_MULTI_AUTH_PORT: '0', ...more };
  const omaWith = async (given: Readonly<Record<string, string>>, ...args: readonly string[]) => {
    const run = { file: process.execPath, args: [CLI, ...args], env: given, cwd: path, deadlineMs: COMMAND_MS };
    const result = await runProgram(run);
    assertDocumented(args, result.code);
    return result;
  };
  const oma = (...args: readonly string[]) => omaWith(env, ...args);
  const attended: Attended[] = [];
  const watch = (started: Attended) => {
    attended.push(started);
    return started;
  };
  onTestFinished(async () => {
    await oma('down');
    for (const { child } of attended) child.kill('SIGKILL');
    await removeTree(path);
  });
  return {
    path,
    env,
    oma,
    json: async <T>(...args: readonly string[]) => JSON.parse((await oma(...args, '--json')).stdout) as T,
    omaWith,
    attend: (...args) => watch(attend([CLI, ...args], { env, cwd: path })),
    attendProgram: (name, given) => watch(attend([join(DIST, name)], { env: given, cwd: path })),
  };
}

function attend(args: readonly string[], at: { env: Readonly<Record<string, string>>; cwd: string }): Attended {
  const child = spawn(process.execPath, [...args], { ...at, stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  const hear = (chunk: Buffer) => (text += chunk.toString());
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    child,
    ended,
    output: () => text,
    says: (wanted) => expect.poll(() => text, { timeout: SAYS_MS }).toContain(wanted),
  };
}
