import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import type { Context } from './context.ts';
import { usage } from './parse.ts';

/**
 * Asks a yes-or-no question; only "y" and "yes" agree.
 * Errors: USAGE when nobody is there to answer.
 */
export async function confirm(context: Context, question: string): Promise<boolean> {
  if (context.stdin.isTTY !== true || context.stderr.isTTY !== true) {
    throw usage('This needs a yes, and nobody is at the terminal to give it', 'add --yes');
  }
  const answer = await readLine(context, `${question} [y/N] `);
  context.signal.throwIfAborted();
  return /^\s*y(es)?\s*$/i.test(answer);
}

/** Reads one line; the prompt is shown on a terminal only. Shape: empty when the input is over. */
export async function readLine(context: Context, prompt: string): Promise<string> {
  if (context.stderr.isTTY === true) context.stderr.write(prompt);
  const lines = createInterface({ input: context.stdin, signal: context.signal, crlfDelay: Infinity });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
  }
}

/**
 * Reads one line without showing it.
 * Errors: USAGE when nobody is at the terminal.
 */
export async function readSecretLine(context: Context, prompt: string): Promise<string> {
  if (context.stdin.isTTY !== true || context.stderr.isTTY !== true)
    throw usage(
      'This needs a passphrase, and nobody is at the terminal to type it',
      'name a variable with --passphrase-env, or a file with --key-file',
    );
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // With an output of its own that shows nothing, readline takes the terminal out of echoing.
  const lines = createInterface({ input: context.stdin, output: silent, terminal: true, signal: context.signal });
  lines.on('SIGINT', () => lines.close());
  // Not before: what is typed or pasted as soon as the prompt is there would be shown.
  context.stderr.write(prompt);
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    context.stderr.write('\n');
  }
}
