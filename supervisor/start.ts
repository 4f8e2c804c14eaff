import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { DEFAULT_BASE_URL, DEFAULT_ISSUER_URL, DEFAULT_PORT, type Env } from '../contract/env.ts';
import { OmaError } from '../contract/errors.ts';
import { type Hello, PROTOCOL_VERSION } from '../contract/handshake.ts';
import { PROBE_OPERATIONS, type ProbeOperations } from '../contract/probe-operations.ts';
import type { PartialSettings } from '../contract/settings.ts';
import { WORKER_OPERATIONS, type WorkerOperations } from '../contract/worker-operations.ts';
import type { Log } from '../runtime/log.ts';
import type { Paths } from '../runtime/paths.ts';
import type { ChildProcess } from '../runtime/spawn.ts';
import { type Child, createChild } from './children/child.ts';
import { createClients } from './clients.ts';
import { composeOperations } from './compose.ts';
import { readConfigFile } from './config-file.ts';
import { inheritIntents } from './core/credentials.ts';
import { settleAll } from './core/limits.ts';
import { settingsProblems } from './core/settings.ts';
import { type Doors, openDoors } from './doors.ts';
import { createEventBus } from './event-bus.ts';
import { launchTokenAt } from './launch-token.ts';
import { startLoops } from './loops.ts';
import type { Context } from './operations/context.ts';
import { createSettingsSource, settingsFromEnv } from './settings-source.ts';
import { checkStoreFile } from './store/check.ts';
import { openStore } from './store/store.ts';

/** Everything a supervisor needs of the process around it. */
export interface StartOptions {
  readonly env: Env;
  readonly paths: Paths;
  readonly version: string;
  readonly buildId: string;
  readonly pid: number;
  readonly log: Log;
  readonly demo: boolean;
  readonly configFile: string | null;
  readonly port: number | null;
  readonly host: string | null;
  readonly uiDirectory: string;
  now: () => number;
  random: () => number;
  spawnChild: (name: 'worker' | 'probe-runner') => ChildProcess;
  /** Called when somebody asked the supervisor to stop. */
  onStopAsked: () => void;
}

/** A supervisor at work. */
export interface Running {
  readonly socketPath: string;
  readonly launchUrl: string | null;
  readonly dashboardUrl: string | null;
  readonly recovered: string | null;
  close: () => Promise<void>;
}

/** Puts a supervisor together and opens its doors. Why: the only place that knows every part. */
export async function start(options: StartOptions): Promise<Running> {
  const { env, paths, log } = options;
  const runtimeLayer = await runtimeSettings(options);
  const store = await openStore({ file: paths.storeFile, passphrase: env.PASSPHRASE ?? null, now: options.now, log });
  const settings = createSettingsSource(() => store.read(), settingsFromEnv(env), runtimeLayer);
  refuseBadSettings(
    settings.effective().settings,
    store.read().accounts.map(({ alias }) => alias),
  );
  store.change('start', (state) => [settleAll(inheritIntents(state)), undefined]);

  const bus = createEventBus();
  const clients = createClients();
  const hello: Hello = {
    protocolVersion: PROTOCOL_VERSION,
    buildId: options.buildId,
    version: options.version,
    pid: options.pid,
  };
  const children = createChildren(options, hello, () => {
    bus.emit({ type: 'changed', at: new Date(options.now()).toISOString(), topics: ['status'] });
  });
  const context: Context = {
    store,
    settings,
    worker: children.worker.client,
    probeRunner: children.probeRunner.client,
    addresses: addressesOf(options),
    log,
    now: options.now,
    newId: (prefix) => `${prefix}-${randomUUID()}`,
    emit: bus.emit,
    later,
  };
  const startedAt = options.now();
  let doors: Doors | null = null;
  const token = await launchTokenAt(join(paths.stateDir, options.demo ? 'dashboard-token.demo' : 'dashboard-token'));
  const launchUrl = (): string | null => (doors?.url == null ? null : `${doors.url}/launch?token=${token}`);
  const operations = composeOperations({
    context,
    hello,
    clients,
    bus,
    facts: {
      version: options.version,
      buildId: options.buildId,
      pid: options.pid,
      startedAt,
      socket: paths.socketPath,
      dashboardUrl: () => doors?.url ?? null,
      children: () => [children.worker.view(), children.probeRunner.view()],
      clients: () => clients.list(),
    },
    launchUrl,
    checkStore: async () => {
      await store.settled();
      const { ok, problems, accounts, encrypted } = await checkStoreFile(paths.storeFile, env.PASSPHRASE ?? null);
      return { ok, file: paths.storeFile, problems: [...problems], accounts, encrypted };
    },
    stop: options.onStopAsked,
  });
  // A supervisor whose doors do not open must not stay: its children would keep it alive, and it the lock.
  const release = async (): Promise<void> => {
    await Promise.all([children.worker.stop(), children.probeRunner.stop()]);
    await store.close();
  };
  children.worker.start();
  children.probeRunner.start();
  doors = await openDoors({
    options,
    operations,
    clients,
    bus,
    token,
    host: options.host ?? settings.effective().settings.dashboardHost,
    port: options.port ?? env.PORT ?? DEFAULT_PORT,
  }).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  const loops = startLoops({ context, operations, random: options.random, configFile: options.configFile, settings });
  return {
    socketPath: paths.socketPath,
    launchUrl: launchUrl(),
    dashboardUrl: doors.url,
    recovered: store.status().recovered,
    close: async () => {
      await loops.stop();
      await doors?.close();
      operations.decisions.flush();
      await release();
    },
  };
}

interface Children {
  readonly worker: Child<WorkerOperations>;
  readonly probeRunner: Child<ProbeOperations>;
}

function createChildren({ now, spawnChild, log }: StartOptions, hello: Hello, changed: () => void): Children {
  const onState = (view: { readonly name: string; readonly state: string; readonly lastExit: string | null }): void => {
    if (view.state === 'waiting')
      log.warn({ child: view.name, lastExit: view.lastExit }, 'a helper process ended; it is started again');
    changed();
  };
  const shared = { hello, now, later, onState };
  return {
    worker: createChild<WorkerOperations>({
      ...shared,
      name: 'worker',
      table: WORKER_OPERATIONS,
      spawn: () => spawnChild('worker'),
      greeting: (client) => client,
    }),
    probeRunner: createChild<ProbeOperations>({
      ...shared,
      name: 'probe-runner',
      table: PROBE_OPERATIONS,
      spawn: () => spawnChild('probe-runner'),
      greeting: (client) => client,
    }),
  };
}

function addressesOf({ env, paths, demo }: StartOptions): Context['addresses'] {
  return {
    baseUrl: env.BASE_URL ?? DEFAULT_BASE_URL,
    issuerUrl: env.ISSUER_URL ?? DEFAULT_ISSUER_URL,
    codexAuthFile: paths.codexAuthFile,
    openCodeAuthFile: paths.openCodeAuthFile,
    upstreamStoreFile: paths.defaultStoreFile,
    antigravityFile: paths.antigravityFile,
    probeHomesDir: paths.probeHomesDir,
    codexBin: env.CODEX_BIN ?? null,
    demo,
  };
}

async function runtimeSettings({ configFile }: StartOptions): Promise<PartialSettings> {
  return configFile === null ? {} : readConfigFile(configFile);
}

function refuseBadSettings(...[settings, aliases]: Parameters<typeof settingsProblems>): void {
  const problems = settingsProblems(settings, aliases).filter(({ constraint }) => constraint === 'critical < low');
  if (problems.length === 0) return;
  throw new OmaError(
    'CONFIG_INVALID',
    `The settings contradict each other: ${problems.map(({ message }) => message).join(' ')} Correct the environment, the configuration file or the stored settings.`,
    { problems },
  );
}

function later(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs).unref();
  return () => {
    clearTimeout(timer);
  };
}
