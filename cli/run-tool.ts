import { text } from 'node:stream/consumers';

import { withDeadline } from '../runtime/deadline.ts';
import { passedOn } from '../runtime/passed-on.ts';
import { redact } from '../runtime/redact.ts';
import { spawnChild } from '../runtime/spawn.ts';
import type { Context } from './context.ts';
import { plain } from './render/plain.ts';

/** What a program of the system answered. Shape: `code` null = it could not be run, or took too long. */
export interface ToolResult {
  readonly code: number | null;
  readonly stdout: string;
  /** What it complained about, on one line and without secrets. */
  readonly complaint: string;
}

/** What to run, and how long it may take in milliseconds. */
export interface Tool {
  readonly command: string;
  readonly args: readonly string[];
  readonly deadlineMs: number;
}

/** Output is cut to this, in characters. */
const OUTPUT_MAX = 64 * 1_024;

/** Runs a program of the system to its end; never throws for what it does. */
export async function runTool({ environment, cwd }: Context, { command, args, deadlineMs }: Tool): Promise<ToolResult> {
  const complaints: string[] = [];
  const child = spawnChild({
    name: command,
    command,
    args,
    env: passedOn(environment),
    cwd,
    onStderrLine: (line) => complaints.push(line),
  });
  child.stdin.end();
  try {
    const ended = Promise.all([text(child.stdout), child.exited]);
    const [stdout, { code, failure }] = await withDeadline(ended, deadlineMs, () => new Error('it takes too long'));
    const complaint = complaints.length > 0 ? complaints.join(' ') : (failure ?? '');
    return { code, stdout: stdout.slice(0, OUTPUT_MAX), complaint: plain(redact(complaint)).slice(0, 500) };
  } catch (error) {
    return { code: null, stdout: '', complaint: error instanceof Error ? plain(redact(error.message)) : '' };
  } finally {
    await child.stop();
  }
}
