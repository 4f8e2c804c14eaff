import { effect, type ReadonlySignal, signal } from '@preact/signals';

import type { OmaEvent } from '../../contract/event.ts';
import type { Status } from '../../contract/status.ts';
import type { Api } from '../api.ts';
import { FORCE_ENDS } from '../words.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { type Connection, type ConnectionHost, createConnection } from './connection.ts';
import { createDecisions, type Decisions } from './decisions.ts';
import { createForce, type Force } from './force.ts';
import { createHistory, type History } from './history.ts';
import { createLogins, type Logins } from './logins.ts';
import { createNotices, type Notices } from './notices.ts';
import { createPreferences, type Preferences, type Storage } from './preferences.ts';
import { createProbes, type Probes } from './probes.ts';
import { createResource, type Resource } from './resource.ts';
import { createSettings, type SettingsStore } from './settings.ts';

/** Events that ask for the same view within this time share one read, in milliseconds. */
const GATHER_MS = 60;

/** Everything is read again this often, so that ages and cooldowns that nobody announces come right. */
const REFRESH_MS = 30_000;

/** What the stores need of the page. */
export interface AppHost {
  readonly api: (onUnauthorised: () => void) => Api;
  readonly openLine: ConnectionHost['open'];
  readonly now: ReadonlySignal<number>;
  readonly storage: Storage | null;
  readonly later: (ms: number, call: () => void) => () => void;
  readonly every: (ms: number, call: () => void) => void;
}

type Topic = Extract<OmaEvent, { type: 'changed' }>['topics'][number];

const SHOWN: readonly Topic[] = ['accounts', 'settings', 'force', 'status', 'logins'];

/** All stores of the page. */
export interface AppStore {
  readonly api: Api;
  readonly now: ReadonlySignal<number>;
  readonly status: Resource<Status>;
  readonly accounts: Accounts;
  readonly force: Force;
  readonly settings: SettingsStore;
  readonly logins: Logins;
  readonly probes: Probes;
  readonly decisions: Decisions;
  readonly history: History;
  readonly connection: Connection;
  readonly preferences: Preferences;
  readonly notices: Notices;
  /** The build this page was served by; another one means that it should be loaded again. */
  readonly buildId: ReadonlySignal<string | null>;
}

/** Creates all stores and ties the events to them. */
export function createAppStore(host: AppHost): AppStore {
  const { now, later } = host;
  const held: { connection: Connection | null } = { connection: null };
  const api = host.api(() => held.connection?.refuse());
  const status = createResource(() => api.call('status.get', {}));
  const read: Readonly<Record<Topic, () => void>> = {
    accounts: () => void accounts.refresh(),
    settings: () => void settings.refresh(),
    force: () => void force.refresh(),
    status: () => void status.refresh(),
    logins: () => void logins.refresh(),
    probes: () => void accounts.refresh(),
  };
  const gather = createGather(later, read);
  const accounts = createAccounts(api, () => gather('status', 'force'));
  const force = createForce(api, now, () => gather('accounts', 'status'));
  const settings = createSettings(api, () => gather('accounts', 'status'));
  const logins = createLogins(api);
  const probes = createProbes(
    api,
    (ms) => new Promise((resolve) => void later(ms, resolve)),
    () => gather('accounts'),
  );
  const decisions = createDecisions(api);
  const history = createHistory(api, accounts.list, now);
  const notices = createNotices((ms, call) => void later(ms, call));
  const everything = (): void => {
    for (const topic of SHOWN) read[topic]();
    void decisions.refresh();
  };
  const connection = createConnection({
    open: host.openLine,
    later,
    now: () => now.peek(),
    random: Math.random,
    onReady: everything,
    onBroken: () => void status.refresh(),
    onEvent: (event) => tell(event, { gather, decisions, probes, notices }),
  });
  held.connection = connection;
  // Why not wait for the line: the first figures are on the screen by the time it is open.
  everything();
  host.every(REFRESH_MS, () => {
    if (connection.state.peek() === 'live') everything();
  });
  effect(() => history.follow(accounts.list.value ?? []));
  const buildId = firstOf(status);
  return {
    ...{ api, now, status, accounts, force, settings, logins, probes, decisions, history },
    ...{ connection, notices, buildId, preferences: createPreferences(host.storage) },
  };
}

interface Listeners {
  readonly gather: (...topics: readonly Topic[]) => void;
  readonly decisions: Decisions;
  readonly probes: Probes;
  readonly notices: Notices;
}

/** Brings an event to whom it concerns. */
function tell(event: OmaEvent, { gather, decisions, probes, notices }: Listeners): void {
  switch (event.type) {
    case 'changed':
      gather(...event.topics);
      break;
    case 'decision':
      decisions.onDecision(event.decision);
      break;
    case 'probe':
      probes.onEvent(event);
      break;
    case 'force-ended':
      gather('force', 'accounts');
      if (event.because !== 'cleared') {
        notices.tell('info', `${event.alias} is no longer pinned: ${FORCE_ENDS[event.because]}.`);
      }
      break;
    case 'account-needs-login':
      notices.tell('warn', `${event.alias} must be signed in again.`);
      break;
    case 'notice':
      // The dashboard shows all of this already; the message is for those who do not look at it.
      break;
  }
}

/** The first build id that was seen stays. */
function firstOf(status: Resource<Status>): ReadonlySignal<string | null> {
  const first = signal<string | null>(null);
  effect(() => {
    const current = status.value.value?.buildId ?? null;
    if (first.peek() === null && current !== null) first.value = current;
  });
  return first;
}

/** Collects topics for a moment, then reads each once. */
function createGather(
  later: AppHost['later'],
  read: Readonly<Record<Topic, () => void>>,
): (...topics: readonly Topic[]) => void {
  const wanted = new Set<Topic>();
  return (...topics) => {
    const isFirst = wanted.size === 0;
    for (const topic of topics) wanted.add(topic);
    if (wanted.has('accounts')) wanted.add('status');
    if (!isFirst) return;
    later(GATHER_MS, () => {
      const due = [...wanted];
      wanted.clear();
      for (const topic of due) read[topic]();
    });
  };
}
