import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { plainSeat } from '../../../cli/simulator/seat.ts';
import { type Simulator, startSimulator } from '../../../cli/simulator/server.ts';
import { ENV_PREFIX } from '../../../contract/env.ts';
import { SEATS } from '../../support/durable-operations.ts';
import { type HurtOma, hurtOma } from '../../support/hurt-oma.ts';
import { DIST } from '../../support/oma.ts';
import { type WatchedOpenCode, watchedOpenCode } from '../../support/opencode-server.ts';
import { PATIENCE } from '../../support/patience.ts';
import { type OpenCodeSandbox, opencodeSandbox, type PromptAnswer } from '../../support/real-opencode.ts';
import {
  type Blame,
  faultTable,
  isMessage,
  type Sees,
  UPSTREAM_FAULTS,
  type UpstreamFault,
} from '../../support/upstream-faults.ts';

/** A cooldown is read a moment after it began, which may be long on a busy machine. */
const READ_LATE_MS = 60_000;
/** The provider names whole seconds. */
const ROUNDED_MS = 1_000;
const TEST_MS = 180_000;
/** `OMA_FAULTS=all` waits until OpenCode itself gives up. */
const IS_PATIENT = process.env['OMA_FAULTS'] === 'all';

let simulator: Simulator;
let oma: HurtOma;
let box: OpenCodeSandbox;
let opencode: WatchedOpenCode;
let baseUrl: string;

beforeAll(async () => {
  simulator = await startSimulator({ seats: SEATS.map((alias, index) => ({ ...plainSeat(index + 1), alias })) });
  ({ baseUrl } = simulator);
  oma = await hurtOma(simulator);
  await oma.start();
  box = await opencodeSandbox({
    plugins: [`file://${join(DIST, 'plugin', 'server.js')}`],
    env: {
      [`${ENV_PREFIX}SOCKET`]: oma.socketPath,
      [`${ENV_PREFIX}AUTOSTART`]: '0',
      NO_PROXY: '127.0.0.1,localhost,oma.invalid',
    },
  });
  await importAll();
  opencode = await watchedOpenCode(box);
  await opencode.ask('warm up');
});
afterAll(async () => {
  await opencode.close();
  await Promise.all([box.remove(), oma.end(), simulator.close()]);
});

/** Every row begins with healthy accounts and good logins. */
beforeEach(async () => {
  simulator.control.clearFaults();
  for (const alias of SEATS) await oma.client['account.remove']({ alias });
  await importAll();
});

async function importAll(): Promise<void> {
  await oma.client['account.import']({ source: 'file', path: await oma.importFile(...SEATS), dryRun: false });
}

const answered = () => simulator.control.requests({ endpoint: 'responses' });
const settled = () =>
  vi.waitFor(async () => expect((await oma.client['status.get']({})).leases.inFlight).toBe(0), PATIENCE);

/** A provider without an address is one that the supervisor names to the plugin. */
async function spoilProvider(provider: UpstreamFault['provider']): Promise<void> {
  await simulator.control.setOffline(provider === 'refuses connections');
  const wanted = provider === 'has no address' ? 'https://oma.invalid/backend-api' : simulator.baseUrl;
  if (wanted === baseUrl) return;
  baseUrl = wanted;
  await oma.kill();
  await oma.start({ [`${ENV_PREFIX}BASE_URL`]: baseUrl });
}

/** Asks in a new session; presses Esc when the provider has the request, or is known to be gone, if nothing else ends it in time. */
async function ask({ sees, requests }: UpstreamFault): Promise<Pick<PromptAnswer, 'text' | 'error'>> {
  const isEndless = 'waits' in sees || ('error' in sees && sees.afterTries === true && !IS_PATIENT);
  if (!isEndless) return opencode.ask();
  const [before, { leases }] = [answered().length, await oma.client['status.get']({})];
  const sessionId = await opencode.newSession();
  const asked = opencode.prompt('hello', { sessionId });
  await vi.waitFor(async () => {
    expect(answered()).toHaveLength(before + requests);
    if ('error' in sees) expect((await oma.client['status.get']({})).leases.failed).toBeGreaterThan(leases.failed);
  }, PATIENCE);
  await opencode.abort(sessionId);
  return asked;
}

interface Blamed {
  readonly alias: string;
  readonly blame: Blame;
}

async function blamed(): Promise<readonly Blamed[]> {
  const { accounts } = await oma.client['account.list']({});
  const left = (until: string | null): number => Date.parse(until ?? '') - Date.now();
  return accounts.flatMap(
    ({ alias, auth, health, cooldownUntil, cooldownReason, modelCooldowns: [model] }): readonly Blamed[] => {
      if (auth === 'needs-login') return [{ alias, blame: { who: 'needs-login' } }];
      if (model !== undefined) return [{ alias, blame: { who: 'account and model', forMs: left(model.until) } }];
      if (health === 'probation') return [{ alias, blame: { who: 'account', because: 'over', forMs: 0 } }];
      if (cooldownUntil === null) return [];
      return [{ alias, blame: { who: 'account', because: cooldownReason ?? '', forMs: left(cooldownUntil) } }];
    },
  );
}

describe('[H.T.18] [H.T.19] [H.T.20] [H.T.21] [H.T.22] a fault of the provider, through the real OpenCode', () => {
  it.each(UPSTREAM_FAULTS)(
    '$title: who is blamed, for how long, and what the user sees',
    async (row) => {
      const { faults, requests, blame, sees, provider } = row;
      await spoilProvider(provider);
      const before = answered().length;
      for (const fault of faults) simulator.control.pushFault(fault);
      const { text, error } = await ask(row);
      await settled();
      const asked = answered().slice(before);
      expect(asked).toHaveLength(requests);
      expectSeen(sees, { text, error, first: asked[0]?.alias ?? null });
      const found = await blamed();
      const isAll = 'error' in sees && blame.who !== 'nobody';
      expect(found.map(({ alias }) => alias)).toEqual(blame.who === 'nobody' ? [] : isAll ? SEATS : [asked[0]?.alias]);
      for (const { blame: one } of found) expectBlame(one, blame);
    },
    TEST_MS,
  );

  it('moves a request only with the words of the table', async () => {
    const messages = UPSTREAM_FAULTS.flatMap(({ sees }) =>
      'answer' in sees && sees.toast !== undefined ? [sees.toast] : [],
    );
    const moves = await vi.waitFor(() => {
      const shown = opencode.toasts().filter((toast) => toast.startsWith('Moved'));
      expect(shown).not.toEqual([]);
      return shown;
    }, PATIENCE);
    expect(moves.filter((shown) => !messages.some((message) => isMessage(shown, message)))).toEqual([]);
  });

  it('is told in docs/QA.md as it is tested here', async () => {
    const cells = (await readFile('docs/QA.md', 'utf8')).split('\n').map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
    for (const row of faultTable()) expect(cells).toContainEqual(row);
  });
});

function expectSeen(
  sees: Sees,
  seen: {
    readonly text: string;
    readonly error: string | null;
    readonly first: string | null;
  },
): void {
  if ('answer' in sees) {
    const said = [...seen.text.matchAll(/Simulated answer from (\w): you said “hello”\./g)].map(([, alias]) => alias);
    expect([said.length, seen.error, said[0] === seen.first]).toEqual([1, null, sees.answer === 'same account']);
    return;
  }
  // What came before a stall may be shown, or may not.
  expect(seen.text).not.toContain('you said “hello”.');
  const isEnded = 'waits' in sees || (sees.afterTries === true && !IS_PATIENT);
  if (isEnded) expect([null, 'Aborted']).toContain(seen.error);
  else expect([isMessage(seen.error ?? '', sees.error), seen.error]).toEqual([true, seen.error]);
}

function expectBlame(found: Blame, wanted: Blame): void {
  if (!('forMs' in found) || !('forMs' in wanted)) {
    expect(found).toEqual(wanted);
    return;
  }
  // A short cooldown may be over before it is read.
  if (found.forMs > 0) expect(found).toEqual({ ...wanted, forMs: found.forMs });
  expect(found.forMs).toBeLessThanOrEqual(wanted.forMs + ROUNDED_MS);
  expect(found.forMs).toBeGreaterThan(wanted.forMs - READ_LATE_MS);
}
