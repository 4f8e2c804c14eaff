import { setTimeout as pause } from 'node:timers/promises';

import type { HurtOma } from './hurt-oma.ts';

/** What an outsider can see of one account, as far as durable operations change it. */
export interface VisibleAccount {
  readonly enabled: boolean;
  readonly disableReason: string | null;
  readonly usedPercent: number | null;
  /** Whether the tokens on disk are those that were there when the operation began. */
  readonly login: 'kept' | 'renewed';
}

/** Everything that durable operations change, as data that can be compared. */
export interface Visible {
  readonly accounts: Readonly<Record<string, VisibleAccount>>;
  readonly forced: string | null;
  readonly active: string | null;
  /** Accounts whose refresh token may be spent. */
  readonly unanswered: readonly string[];
  readonly thresholds: readonly [critical: number, low: number];
}

/**
 * One durable operation of the model.
 * Shape: `effects` say what is to be seen after each of its durable writes; it is acknowledged after number `acknowledgedAfter`.
 */
export interface DurableOperation {
  readonly name: string;
  readonly effects: readonly ((before: Visible) => Visible)[];
  readonly acknowledgedAfter: number;
  /** Makes a state in which it can be done; nothing of it is under test. */
  readonly prepare?: (oma: HurtOma) => Promise<unknown>;
  /** Resolves when it is acknowledged. */
  readonly run: (oma: HurtOma) => Promise<unknown>;
}

const POLL_MS = 10;
/** Seats of the simulator that are accounts from the start, and one that comes and goes. */
export const SEATS = ['a', 'b', 'c'] as const;
const GUEST = 'd';

/** Reads what is visible of a running supervisor; tokens are compared with those given. */
export async function look(oma: HurtOma, tokens: ReadonlyMap<string, string>): Promise<Visible> {
  const { client } = oma;
  const [{ accounts }, force, { settings }, { openRefreshes }, now] = await Promise.all([
    client['account.list']({}),
    client['force.get']({}),
    client['settings.get']({}),
    client['status.get']({}),
    oma.tokens(),
  ]);
  return {
    accounts: Object.fromEntries(
      accounts.map(({ alias, enabled, disableReason, windows }) => [
        alias,
        {
          enabled,
          disableReason,
          usedPercent: windows.find(({ durationMinutes }) => durationMinutes === 300)?.usedPercent ?? null,
          login: !tokens.has(alias) || tokens.get(alias) === now.get(alias) ? 'kept' : 'renewed',
        },
      ]),
    ),
    forced: force.forcedAlias,
    active: accounts.find(({ active }) => active)?.alias ?? null,
    unanswered: openRefreshes.map(({ alias }) => alias),
    thresholds: [settings.criticalThreshold, settings.lowThreshold],
  };
}

/** Logs in by pasting, as a person with a browser would. Shape: resolves when the supervisor says that it is done. */
export async function logIn(
  { client }: HurtOma,
  operation: 'account.add' | 'account.reauth',
  alias: string,
): Promise<void> {
  const { loginId, url } = await client[operation]({ alias, method: 'paste' });
  const address = new URL(url ?? '');
  address.searchParams.set('sim_user', alias);
  const page = await fetch(address, { redirect: 'manual' });
  await client['login.paste']({ loginId, pasted: page.headers.get('location') ?? '' });
  const { state, error } = await client['login.wait']({ loginId });
  if (state !== 'success') throw new Error(`the login ended as ${state}: ${error?.message ?? ''}`);
}

/** Every durable operation, each ready to be killed at any of its moments. */
export const DURABLE_OPERATIONS: readonly DurableOperation[] = [
  {
    name: 'disable',
    acknowledgedAfter: 1,
    prepare: async (oma) => {
      await oma.client['account.set-enabled']({ alias: 'a', enabled: true }).catch(ignore);
      await oma.client['force.activate']({ alias: 'a' });
    },
    run: ({ client }) => client['account.set-enabled']({ alias: 'a', enabled: false, reason: 'on leave' }),
    effects: [
      (before) => ({
        ...withAccount(before, 'a', { enabled: false, disableReason: 'on leave' }),
        forced: null,
      }),
    ],
  },
  {
    name: 'enable',
    acknowledgedAfter: 1,
    prepare: ({ client }) => client['account.set-enabled']({ alias: 'a', enabled: false }).catch(ignore),
    run: ({ client }) => client['account.set-enabled']({ alias: 'a', enabled: true }),
    effects: [(before) => withAccount(before, 'a', { enabled: true, disableReason: null })],
  },
  {
    name: 'force',
    acknowledgedAfter: 1,
    prepare: ({ client }) => client['force.clear']({}).catch(ignore),
    run: ({ client }) => client['force.activate']({ alias: 'b' }),
    effects: [(before) => ({ ...before, forced: 'b' })],
  },
  {
    name: 'force clear',
    acknowledgedAfter: 1,
    prepare: ({ client }) => client['force.activate']({ alias: 'b' }),
    run: ({ client }) => client['force.clear']({}),
    effects: [(before) => ({ ...before, forced: null })],
  },
  {
    name: 'settings',
    acknowledgedAfter: 1,
    prepare: ({ client }) => client['settings.update']({ criticalThreshold: 10, lowThreshold: 30 }),
    run: ({ client }) => client['settings.update']({ criticalThreshold: 40, lowThreshold: 60 }),
    effects: [(before) => ({ ...before, thresholds: [40, 60] })],
  },
  {
    name: 'settings reset',
    acknowledgedAfter: 1,
    prepare: ({ client }) => client['settings.update']({ criticalThreshold: 41, lowThreshold: 61 }),
    run: ({ client }) => client['settings.reset']({}),
    effects: [(before) => ({ ...before, thresholds: [10, 30] })],
  },
  {
    name: 'limits of a probe',
    acknowledgedAfter: 1,
    prepare: async (oma) => {
      await oma.client['settings.update']({ probeSources: ['usage-endpoint'] });
      await probe(oma, 20);
    },
    run: (oma) => probe(oma, 70),
    effects: [(before) => withAccount(before, 'b', { usedPercent: 70 })],
  },
  {
    name: 'refresh',
    acknowledgedAfter: 2,
    prepare: (oma) => relogin(oma, 'c'),
    run: (oma) => refresh(oma, 'c'),
    effects: [
      (before) => ({ ...before, unanswered: ['c'] }),
      (before) => withAccount(before, 'c', { login: 'renewed' }),
    ],
  },
  {
    name: 're-auth',
    acknowledgedAfter: 1,
    run: (oma) => logIn(oma, 'account.reauth', 'b'),
    effects: [(before) => withAccount(before, 'b', { login: 'renewed' })],
  },
  {
    name: 'switch',
    acknowledgedAfter: 1,
    prepare: async (oma) => {
      await relogin(oma, 'c');
      await oma.client['account.switch']({ alias: 'b' });
    },
    run: ({ client }) => client['account.switch']({ alias: 'c' }),
    effects: [(before) => ({ ...before, active: 'c' })],
  },
  {
    name: 'import',
    acknowledgedAfter: 1,
    prepare: removeGuest,
    run: importGuest,
    effects: [withGuest],
  },
  {
    name: 'add',
    acknowledgedAfter: 1,
    prepare: removeGuest,
    run: (oma) => logIn(oma, 'account.add', GUEST),
    effects: [withGuest],
  },
  {
    name: 'remove',
    acknowledgedAfter: 1,
    prepare: (oma) => importGuest(oma).catch(ignore),
    run: ({ client }) => client['account.remove']({ alias: GUEST }),
    effects: [withoutGuest, withoutGuest],
  },
];

/** Leases the account and has its token refreshed, as after a 401; answers the new token. */
export async function refresh(
  { client, simulator }: Pick<HurtOma, 'client' | 'simulator'>,
  alias: string,
): Promise<string> {
  const exclude = [...SEATS, GUEST].filter((other) => other !== alias);
  const { leaseId } = await client['lease.acquire']({
    ...{ requestId: 'refresh', sessionId: null, rootSessionId: null, model: null },
    ...{ attempt: 1, exclude },
  });
  simulator.control.expireAccess(alias);
  return (await client['lease.refresh']({ leaseId })).accessToken;
}

/** Whether the login of an account is whole: a kill in the middle of a refresh may have cost it, and it must say so. */
async function relogin(oma: HurtOma, alias: string): Promise<void> {
  const { openRefreshes } = await oma.client['status.get']({});
  const { accounts } = await oma.client['account.list']({});
  const isSpent =
    openRefreshes.some((open) => open.alias === alias) ||
    accounts.some((one) => one.alias === alias && one.auth !== 'ok');
  if (isSpent) await logIn(oma, 'account.reauth', alias);
}

async function probe({ client, simulator }: HurtOma, usedPercent: number): Promise<void> {
  simulator.control.setUsedPercent('b', { durationMinutes: 300, usedPercent });
  const { probeId } = await client['probe.start']({ alias: 'b' });
  let run = await client['probe.get']({ probeId });
  while (run.finishedAt === null) {
    await pause(POLL_MS);
    run = await client['probe.get']({ probeId });
  }
  const [item] = run.items;
  if (item?.state !== 'success') throw new Error(`the probe ended as ${item?.state ?? 'nothing'}`);
}

async function importGuest(oma: HurtOma): Promise<void> {
  const { imported } = await oma.client['account.import']({
    source: 'file',
    path: await oma.importFile(GUEST),
    dryRun: false,
  });
  if (imported.length !== 1) throw new Error('nothing was imported');
}

function removeGuest({ client }: HurtOma): Promise<unknown> {
  return client['account.remove']({ alias: GUEST }).catch(ignore);
}

function withGuest(before: Visible): Visible {
  const guest: VisibleAccount = { enabled: true, disableReason: null, usedPercent: null, login: 'kept' };
  return { ...before, accounts: { ...before.accounts, [GUEST]: guest } };
}

function withoutGuest(before: Visible): Visible {
  const others = Object.entries(before.accounts).filter(([alias]) => alias !== GUEST);
  return { ...before, accounts: Object.fromEntries(others) };
}

function withAccount(before: Visible, alias: string, change: Partial<VisibleAccount>): Visible {
  const account = before.accounts[alias];
  if (account === undefined) throw new Error(`there is no account ${alias}`);
  return { ...before, accounts: { ...before.accounts, [alias]: { ...account, ...change } } };
}

function ignore(): void {
  // It is so already.
}
