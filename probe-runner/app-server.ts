import type { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

import * as z from 'zod';

import type { GuardedChild } from '../runtime/guarded-child.ts';
import type { Deps } from './deps.ts';
import { type Failure, failure, type Verdict } from './evidence.ts';
import { writeConfig } from './home.ts';
import { judgeLimits, judgeServerError } from './judge-app-server.ts';
import { collect, type Output } from './output.ts';
import { parseJson } from './parse-report.ts';
import { excerpt } from './refusal.ts';
import { type Stage, startCodex } from './run-codex.ts';

/** Asks `codex app-server` for the limits of the account: no model runs and no quota is spent. */
export async function askAppServer(deps: Deps, stage: Stage): Promise<Verdict> {
  // A catalogue of its own keeps codex from asking the backend for one.
  await writeConfig(stage.home, stage.baseUrl, ['probe']);
  const child = startCodex(deps, stage, { args: ['app-server'], stdin: 'pipe' });
  const over = collect(child, deps.deadlines.appServerMs, stage.signal);
  const reply = await Promise.race([converse(child, deps.hello.version), over.then(noReply)]);
  const observedAtMs = deps.now();
  // It ends by itself when its input ends.
  child.stdin?.end();
  const impatience = setTimeout(() => child.stop('deadline'), FAREWELL_MS);
  await over.finally(() => clearTimeout(impatience));
  if (reply.kind === 'failed') return reply;
  return reply.error === undefined
    ? judgeLimits({ result: reply.result, accountId: stage.accountId, observedAtMs })
    : judgeServerError(reply.error.message);
}

/** Time the server has to end once it has answered, in milliseconds. */
const FAREWELL_MS = 2_000;

const INITIALIZE_ID = 1;
const READ_ID = 2;
const METHOD_NOT_FOUND = -32_601;

const messageSchema = z.object({
  id: z.union([z.number(), z.string()]).optional(),
  method: z.string().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

interface Reply extends Pick<z.infer<typeof messageSchema>, 'result' | 'error'> {
  readonly kind: 'reply';
}

/** Greets the server and asks it once. Not: it does not reject or give up; whoever waits also waits for the server's end. */
function converse({ stdin, stdout }: GuardedChild, version: string): Promise<Reply | Failure> {
  // A server that dies while we write is heard of by its end.
  stdin?.on('error', () => undefined);
  send(stdin, {
    method: 'initialize',
    id: INITIALIZE_ID,
    params: {
      clientInfo: { name: 'oma', title: 'oma limits probe', version },
      capabilities: { experimentalApi: true },
    },
  });
  return new Promise((resolve) => {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const reply = hear(stdin, line);
        if (reply !== null) resolve(reply);
      }
    });
  });
}

/** Hears one line of the server; null = go on listening. */
function hear(stdin: Writable | null, line: string): Reply | Failure | null {
  const message = messageSchema.safeParse(parseJson(line)).data;
  if (message === undefined)
    return failure('UNKNOWN_SHAPE', 'codex app-server said something that is no message. oma may need an update.');
  const { id, method, result, error } = message;
  if (method !== undefined) {
    // What it asks of us, such as another login, it does not get.
    if (id !== undefined) send(stdin, { id, error: { code: METHOD_NOT_FOUND, message: 'not supported' } });
    return null;
  }
  if (id === READ_ID || (id === INITIALIZE_ID && error !== undefined)) return { kind: 'reply', result, error };
  if (id === INITIALIZE_ID) {
    send(stdin, { method: 'initialized' });
    send(stdin, { method: 'account/rateLimits/read', id: READ_ID });
  }
  return null;
}

function send(stdin: Writable | null, message: object): void {
  if (stdin?.writable === true) stdin.write(`${JSON.stringify(message)}\n`);
}

function noReply({ killedFor, signal, stderr }: Output): Failure {
  switch (killedFor) {
    case 'cancel':
      return failure('CANCELLED', 'The probe was cancelled.');
    case 'deadline':
      return failure('TIMED_OUT', 'codex app-server did not answer in time and was stopped.');
    case 'output':
      return failure('UNKNOWN_SHAPE', 'codex app-server said more than a probe can need and was stopped.');
    case null:
      break;
  }
  if (signal !== null) return failure('INTERRUPTED', `codex app-server was ended from outside (${signal}).`);
  return failure('UNKNOWN_SHAPE', `codex app-server ended without an answer: ${excerpt(stderr)}`);
}
