import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { DEFAULT_BASE_URL, DEFAULT_ISSUER_URL, DEFAULT_PORT } from '../contract/env.ts';
import { OmaError } from '../contract/errors.ts';
import { type Hello, PROTOCOL_VERSION } from '../contract/handshake.ts';
import type { Settings } from '../contract/settings.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { type Children, createChildren } from './children.ts';
import { type Clients, createClients } from './clients.ts';
import { type Composed, composeOperations, type ComposeOptions } from './compose.ts';
import { readConfigFile } from './config-file.ts';
import { inheritIntents } from './core/credentials.ts';
import { settleAll } from './core/limits.ts';
import { settingsProblems } from './core/settings.ts';
import { isoTime } from './core/time.ts';
import { openDoors } from './doors.ts';
import { createEventBus } from './event-bus.ts';
import { launchTokenAt } from './launch-token.ts';
import { startLoops } from './loops.ts';
import type { Context } from './operations/context.ts';
import { createTally } from './operations/tally.ts';
import { createSettingsSource, type ReloadableSettings, settingsFromEnv } from './settings-source.ts';
import type { StartOptions } from './start-options.ts';
import { checkStoreFile } from './store/check.ts';
import { openStore, type Store } from './store/store.ts';

/** Stopping waits so long for the answer to a refresh, in milliseconds; the end as a whole may take a little longer. */
const FINISH_MS = 7 * 1_000;

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
  const { env, paths } = options;
  const { store, settings } = await openState(options);
  const bus = createEventBus();
  const clients = createClients();
  const hello = helloOf(options);
  const changed = (): void => bus.emit({ type: 'changed', at: isoTime(options.now()), topics: ['status'] });
  const children = createChildren(options, { hello, later, changed });
  const context = contextOf(options, { store, settings, children, emit: bus.emit });
  const token = await launchTokenAt(join(paths.stateDir, options.demo ? 'dashboard-token.demo' : 'dashboard-token'));
  let dashboardUrl: string | null = null;
  const launchUrl = (): string | null => (dashboardUrl === null ? null : `${dashboardUrl}/launch?token=${token}`);
  const operations = composeOperations({
    context,
    hello,
    clients,
    bus,
    facts: factsOf(options, { children, clients, dashboardUrl: () => dashboardUrl }),
    launchUrl,
    checkStore: () => checkOnDisk(store, options),
    onDesktop: options.onDesktop,
    stop: () => options.onStopAsked('asked to'),
  });
  const release = async (): Promise<void> => {
    await children.stop();
    await store.close();
  };
  const host = options.host ?? settings.effective().settings.dashboardHost;
  const port = options.port ?? env.PORT ?? DEFAULT_PORT;
  const doors = await openDoors({ options, operations, clients, bus, token, host, port }).catch(
    async (error: unknown) => {
      await release();
      throw error;
    },
  );
  dashboardUrl = doors.url;
  // Only now: two programs that load at the same time would keep the first callers waiting, and whatever needs a child waits for it.
  children.start();
  const loops = startLoops({
    context,
    operations,
    configFile: options.configFile,
    settings,
    socketPath: paths.socketPath,
    random: options.random,
    socketLost: () => options.onStopAsked('its socket is gone, so nobody can reach it'),
  });
  return {
    socketPath: paths.socketPath,
    launchUrl: launchUrl(),
    dashboardUrl: doors.url,
    recovered: store.status().recovered,
    close: async () => {
      await loops.stop();
      await doors.close();
      operations.decisions.flush();
      await finishRefreshes(operations, options.log);
      await release();
    },
  };
}

async function finishRefreshes({ refresher }: Composed, log: StartOptions['log']): Promise<void> {
  const late = (): Error => new Error('the provider takes too long');
  await withDeadline(refresher.finish(), FINISH_MS, late).catch((error: unknown) => {
    log.error({ cause: String(error) }, 'oma stops although the answer to a refresh has not come');
  });
}

interface OpenState {
  readonly store: Store;
  readonly settings: ReloadableSettings;
}

/** Opens the store and the settings over it. Errors: CONFIG_INVALID and what reading either of them says. */
async function openState({ env, paths, log, now, configFile, disk }: StartOptions): Promise<OpenState> {
  const runtimeLayer = configFile === null ? {} : await readConfigFile(configFile);
  const store = await openStore({ file: paths.storeFile, passphrase: env.PASSPHRASE ?? null, now, log, ...disk });
  const settings = createSettingsSource(() => store.read(), settingsFromEnv(env), runtimeLayer);
  refuseBadSettings(settings.effective().settings);
  store.change('start', (state) => [settleAll(inheritIntents(state)), undefined]);
  return { store, settings };
}

function factsOf(
  { version, buildId, pid, now, paths }: StartOptions,
  parts: { readonly children: Children; readonly clients: Clients; dashboardUrl: () => string | null },
): ComposeOptions['facts'] {
  const { children, clients, dashboardUrl } = parts;
  return {
    version,
    buildId,
    pid,
    startedAt: now(),
    socket: paths.socketPath,
    dashboardUrl,
    children: () => [children.worker.view(), children.probeRunner.view()],
    clients: () => clients.list(),
  };
}

function helloOf({ buildId, version, pid }: StartOptions): Hello {
  return { protocolVersion: PROTOCOL_VERSION, buildId, version, pid };
}

interface Parts extends OpenState {
  readonly children: Children;
  readonly emit: Context['emit'];
}

function contextOf(options: StartOptions, { store, settings, children, emit }: Parts): Context {
  return {
    store,
    settings,
    worker: children.worker.client,
    probeRunner: children.probeRunner.client,
    addresses: addressesOf(options),
    log: options.log,
    tally: createTally(),
    now: options.now,
    newId: (prefix) => `${prefix}-${randomUUID()}`,
    emit,
    later,
  };
}

async function checkOnDisk(store: Store, { paths, env }: StartOptions): ReturnType<ComposeOptions['checkStore']> {
  await store.settled();
  const { ok, problems, accounts, encrypted } = await checkStoreFile(paths.storeFile, env.PASSPHRASE ?? null);
  return { ok, file: paths.storeFile, problems: [...problems], accounts, encrypted };
}

function addressesOf({ env, paths, demo }: StartOptions): Context['addresses'] {
  return {
    baseUrl: env.BASE_URL ?? DEFAULT_BASE_URL,
    issuerUrl: env.ISSUER_URL ?? DEFAULT_ISSUER_URL,
    codexAuthFile: paths.codexAuthFile,
    openCodeAuthFile: paths.openCodeAuthFile,
    upstreamStoreFile: paths.defaultStoreFile === paths.storeFile ? null : paths.defaultStoreFile,
    upstreamListFile: paths.upstreamListFile,
    openCodeHome: paths.openCodeHome,
    antigravityFile: paths.antigravityFile,
    probeHomesDir: paths.probeHomesDir,
    codexBin: env.CODEX_BIN ?? null,
    demo,
  };
}

function refuseBadSettings(settings: Settings): void {
  const problems = settingsProblems(settings);
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
