import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Hono } from 'hono';

import type { OmaEvent } from '../../contract/event.ts';
import type { Client } from '../../contract/operation.ts';
import { OPERATIONS } from '../../contract/operations.ts';
import type { ProbeOperations } from '../../contract/probe-operations.ts';
import { secretSchema } from '../../contract/scalars.ts';
import type { PartialSettings } from '../../contract/settings.ts';
import type { WorkerOperations } from '../../contract/worker-operations.ts';
import { createDispatcher, type Dispatcher } from '../../runtime/rpc/dispatch.ts';
import { createClients } from '../../supervisor/clients.ts';
import { type Composed, composeOperations } from '../../supervisor/compose.ts';
import { addAccount } from '../../supervisor/core/accounts.ts';
import { createApp } from '../../supervisor/doors/app.ts';
import { createGuard } from '../../supervisor/doors/guard.ts';
import { createEventBus } from '../../supervisor/event-bus.ts';
import { metricsText } from '../../supervisor/metrics.ts';
import type { Context } from '../../supervisor/operations/context.ts';
import { createTally } from '../../supervisor/operations/tally.ts';
import { createSettingsSource, type ReloadableSettings } from '../../supervisor/settings-source.ts';
import { openStore, type Store } from '../../supervisor/store/store.ts';
import { removeTree } from './remove-tree.ts';
import { newAccount, NOON } from './state.ts';

/** A port that nobody listens on: the application is called directly. */
export const TEST_PORT = 3434;
export const TEST_TOKEN = secretSchema.parse('launch-token-of-the-tests');

export interface ComposeTestOptions {
  readonly aliases?: readonly string[];
  readonly environment?: PartialSettings;
  /** Where logins lie that a demo must not touch; makes it a demo. */
  readonly demo?: Context['addresses'];
  readonly worker?: Partial<Client<WorkerOperations>>;
  readonly probeRunner?: Partial<Client<ProbeOperations>>;
  /** What the desktop says of a message; default: it is shown. */
  readonly onDesktop?: () => Promise<string | null>;
  /** Time that the test moves; default: the clock stands, timers are real. */
  readonly time?: Pick<Supervised, 'clock'> & Pick<Context, 'later'>;
  /** Keeps neither log nor events, for runs of millions of both. */
  readonly forgets?: boolean;
}

export interface Answer {
  readonly status: number;
  // The tests look into answers freely; the schemas have their own tests.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
  readonly headers: Headers;
  readonly text: string;
}

export interface Supervised {
  readonly app: Hono;
  readonly store: Store;
  readonly context: Context;
  readonly composed: Composed;
  readonly settings: ReloadableSettings;
  readonly dispatch: Dispatcher;
  readonly events: OmaEvent[];
  readonly logged: string[];
  readonly clock: { now: number };
  readonly directory: string;
  request: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  call: (name: string, params: unknown) => Promise<Answer['body']>;
  /** Closes the store and opens everything again over the same file. */
  restart: () => Promise<Supervised>;
  close: () => Promise<void>;
}

/** Puts a supervisor together in this process: real store in a directory of its own, real operations, the real HTTP application without its port; children as given. */
export async function composeForTest(options: ComposeTestOptions = {}): Promise<Supervised> {
  const directory = await mkdtemp(join(tmpdir(), 'oma-test-'));
  const clock = options.time?.clock ?? { now: NOON };
  const supervised = await open(options, directory, clock);
  for (const alias of options.aliases ?? [])
    await supervised.store.transact('test', (state, now) => addAccount(state, newAccount(alias), now), 'before-reply');
  return supervised;
}

async function open(options: ComposeTestOptions, directory: string, clock: { now: number }): Promise<Supervised> {
  const logged: string[] = [];
  const events: OmaEvent[] = [];
  const bus = createEventBus();
  const keeps = options.forgets !== true;
  if (keeps) bus.subscribe((event) => events.push(event));
  const write = (fields: object, message: string): void => {
    if (keeps) logged.push(JSON.stringify({ ...fields, message }));
  };
  const log = { debug: write, info: write, warn: write, error: write };
  const now = (): number => clock.now;
  const store = await openStore({ file: join(directory, 'accounts.json'), passphrase: null, now, log });
  const settings = createSettingsSource(() => store.read(), options.environment ?? {}, {});
  let ids = 0;
  const context: Context = {
    store,
    settings,
    worker: missing<WorkerOperations>('worker', options.worker),
    probeRunner: missing<ProbeOperations>('probe-runner', options.probeRunner),
    addresses: {
      baseUrl: 'http://127.0.0.1:9/backend-api',
      issuerUrl: 'http://127.0.0.1:9',
      codexAuthFile: join(directory, 'codex', 'auth.json'),
      openCodeAuthFile: join(directory, 'opencode', 'auth.json'),
      upstreamStoreFile: join(directory, 'upstream.json'),
      upstreamListFile: join(directory, 'upstream-list.json'),
      openCodeHome: join(directory, '.opencode'),
      antigravityFile: join(directory, 'antigravity-accounts.json'),
      probeHomesDir: join(directory, 'homes'),
      codexBin: null,
      demo: false,
      ...(options.demo === undefined ? {} : { ...options.demo, demo: true }),
    },
    log,
    tally: createTally(),
    now,
    newId: (prefix) => `${prefix}-${String((ids += 1))}`,
    emit: bus.emit,
    later: options.time?.later ?? later,
  };
  const clients = createClients();
  const composed = composeOperations({
    context,
    hello: { protocolVersion: 1, buildId: 'test', version: '0.0.0', pid: 1 },
    clients,
    bus,
    facts: {
      version: '0.0.0',
      buildId: 'test',
      pid: 1,
      startedAt: NOON,
      socket: join(directory, 'oma.sock'),
      dashboardUrl: () => null,
      children: () => [],
      clients: () => clients.list(),
    },
    launchUrl: () => null,
    checkStore: () =>
      Promise.resolve({
        ok: true,
        file: 'accounts.json',
        problems: [],
        accounts: store.read().accounts.length,
        encrypted: false,
      }),
    onDesktop: options.onDesktop ?? (() => Promise.resolve(null)),
    stop: () => undefined,
  });
  const dispatch = createDispatcher(OPERATIONS, composed.handlers);
  const app = createApp(
    {
      guard: createGuard({ token: TEST_TOKEN, port: () => TEST_PORT, now }),
      dispatch,
      subscribe: bus.subscribe,
      requestId: () => context.newId('request'),
      metrics: () =>
        metricsText({
          status: composed.status(),
          accounts: composed.accounts(),
          tallied: composed.tallied(),
          now: clock.now,
        }),
      health: () => ({ ok: true }),
      onError: (error) => {
        logged.push(String(error));
      },
    },
    new Map(),
  );
  return {
    app,
    store,
    context,
    composed,
    settings,
    dispatch,
    events,
    logged,
    clock,
    directory,
    request: (method, path, body, headers = {}) => request(app, { method, path, body, headers }),
    call: (name, params) =>
      dispatch(name, params, {
        requestId: context.newId('request'),
        connectionId: 'test',
        actor: 'test',
        signal: new AbortController().signal,
      }) as Promise<Answer['body']>,
    restart: async () => {
      await store.close();
      return open(options, directory, clock);
    },
    close: async () => {
      await store.close();
      await removeTree(directory);
    },
  };
}

function later(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs).unref();
  return () => {
    clearTimeout(timer);
  };
}

async function request(
  app: Hono,
  {
    method,
    path,
    body,
    headers,
  }: {
    readonly method: string;
    readonly path: string;
    readonly body: unknown;
    readonly headers: Record<string, string>;
  },
): Promise<Answer> {
  const init: RequestInit = {
    method,
    headers: {
      host: `127.0.0.1:${String(TEST_PORT)}`,
      authorization: `Bearer ${TEST_TOKEN}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
  const response = await app.request(`http://127.0.0.1:${String(TEST_PORT)}${path}`, init);
  const text = await response.text();
  return {
    status: response.status,
    body: response.headers.get('content-type')?.includes('json') === true ? (JSON.parse(text) as unknown) : text,
    headers: response.headers,
    text,
  };
}

function missing<T extends WorkerOperations | ProbeOperations>(
  name: string,
  given: Partial<Client<T>> | undefined,
): Client<T> {
  return new Proxy({ ...given } as Client<T>, {
    get: (target, operation) =>
      (Reflect.get(target, operation) as unknown) ??
      (() => Promise.reject(new Error(`the test gave the ${name} no ${String(operation)}`))),
  });
}
