import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import { inspect } from 'node:util';

import { onTestFinished, vi } from 'vitest';

import { PROTOCOL_VERSION } from '../../contract/handshake.ts';
import type { CallContext } from '../../contract/operation.ts';
import { createClockWatch } from '../../worker/clock-watch.ts';
import type { Deps } from '../../worker/deps.ts';
import { createHandlers, type Worker } from '../../worker/handlers.ts';
import { PATIENCE } from './patience.ts';

/** A clock that only moves when it is told to. */
export interface ManualClock extends Pick<Deps, 'now' | 'after'> {
  readonly advance: (ms: number) => void;
  /** Delays of the timers that are waiting, shortest first, as seen from now. */
  readonly waiting: () => readonly number[];
}

/** The worker as the tests call it, with the context filled in. */
export type Call = {
  readonly [K in keyof Worker['handlers']]: (
    params: Parameters<Worker['handlers'][K]>[0],
  ) => Promise<Awaited<ReturnType<Worker['handlers'][K]>>>;
};

/** An instant for tests that need one: 2026-03-01. */
export const TEST_NOW_MS = Date.UTC(2026, 2, 1);

export const TEST_HELLO = { protocolVersion: PROTOCOL_VERSION, buildId: 'test', version: '0.0.0', pid: 1 };

/** Makes the dependencies of a worker: the real world, but for what a test replaces. Its callback port is any free one. */
export function workerDeps(replaced: Partial<Deps> = {}): Deps {
  return {
    fetch: (input, init) => fetch(input, init),
    hello: TEST_HELLO,
    callbackPorts: [0],
    clock: createClockWatch(Date.now),
    now: () => Date.now(),
    randomBytes: (size) => randomBytes(size),
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    ...replaced,
  };
}

/** Makes a worker that is closed when the test is over. */
export function useWorker(replaced: Partial<Deps> = {}): Call {
  const worker = createHandlers(workerDeps(replaced));
  onTestFinished(() => worker.close());
  const context: CallContext = {
    requestId: 'r-1',
    connectionId: 'c-1',
    actor: 'test',
    signal: new AbortController().signal,
  };
  const calls = Object.entries(worker.handlers).map(([name, handle]) => [
    name,
    (params: never) =>
      Promise.resolve().then(() => (handle as (given: unknown, call: CallContext) => unknown)(params, context)),
  ]);
  return Object.fromEntries(calls) as Call;
}

export function manualClock(startMs = TEST_NOW_MS): ManualClock {
  let nowMs = startMs;
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  return {
    now: () => nowMs,
    after(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = [...timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) break;
        timers.delete(next);
        nowMs = next.atMs;
        next.callback();
      }
      nowMs = untilMs;
    },
    waiting: () => [...timers].map(({ atMs }) => atMs - nowMs).sort((a, b) => a - b),
  };
}

/** Waits until a timer of exactly this delay is waiting: then everything before it has happened. */
export async function timerWaits(clock: ManualClock, delayMs: number): Promise<void> {
  await vi.waitFor(() => {
    if (!clock.waiting().includes(delayMs))
      throw new Error(`Timers wait ${clock.waiting().join(', ')}, not ${delayMs}.`);
  }, PATIENCE);
}

/** Makes a token shaped like the provider's; nobody can verify it. */
export function fakeJwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.${'s'.repeat(43)}`;
}

/** Claims of a seat as the provider words them. */
export function seatClaims(extra: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    exp: TEST_NOW_MS / 1_000 + 3_600,
    sub: 'auth0|subject',
    'https://api.openai.com/auth': { chatgpt_account_id: 'ws-1', chatgpt_user_id: 'user-1', chatgpt_plan_type: 'plus' },
    ...extra,
  };
}

/** A `fetch` that always answers the same. */
export function answering(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Deps['fetch'] {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return () =>
    Promise.resolve(new Response(text, { status, headers: { 'content-type': 'application/json', ...headers } }));
}

/** Everything of a value that could reach a log or a peer: its text, stack, causes and details. */
export function everythingOf(value: unknown): string {
  return inspect(value, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null });
}

/** Serves HTTP on loopback until the test is over. */
export async function useHttp(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  return `http://127.0.0.1:${await listening(server)}`;
}

/** Serves raw TCP on loopback until the test is over. */
export async function useTcp(onSocket: (socket: Socket) => void): Promise<number> {
  return listening(
    createTcpServer((socket) => {
      socket.on('error', () => undefined);
      onSocket(socket);
    }),
  );
}

/** A port of loopback where nobody listens: it was just given back. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function listening(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as { port: number }).port;
}
