import { secretSchema } from '../../contract/scalars.ts';
import { DEFAULT_SETTINGS, type PartialSettings } from '../../contract/settings.ts';
import { addAccount } from '../../supervisor/core/accounts.ts';
import { type Account, EMPTY_STATE, type State } from '../../supervisor/core/state.ts';

const DAY_MS = 86_400_000;

/** No probe and no refresh of its own disturbs a measurement. */
export const QUIET: PartialSettings = { probeBackgroundSources: [] };

/** Alias of an account by its number. */
export function aliasAt(index: number): string {
  return `seat-${String(index)}`;
}

/** A state of so many healthy accounts with tokens of real size and limits probed a minute ago. Shape: `historyLength` entries each. */
export function stateOf(count: number, now: number, historyLength = 0): State {
  const accounts = Array.from({ length: count }, (_, index) => accountAt(index, now, historyLength));
  return {
    ...EMPTY_STATE,
    accounts,
    rotation: { ...EMPTY_STATE.rotation, credits: accounts.map(() => 0) },
    settings: { ...EMPTY_STATE.settings, values: QUIET },
  };
}

/** The default settings with some changed. */
export function settingsWith(change: PartialSettings): typeof DEFAULT_SETTINGS {
  return { ...DEFAULT_SETTINGS, ...QUIET, ...change };
}

function accountAt(index: number, now: number, historyLength: number): Account {
  const alias = aliasAt(index);
  const token = secretSchema.parse(tokenFor(alias, now));
  const seat = { accountId: `ws-${alias}`, userId: `user-${alias}` };
  const credentials = {
    accessToken: token,
    refreshToken: secretSchema.parse(`refresh-${alias}`),
    idToken: token,
    expiresAt: now + 10 * DAY_MS,
    lastRefreshAt: now,
  };
  const added = { alias, seat, email: `${alias}@example.test`, planType: 'plus', source: 'demo' as const, credentials };
  const [, account] = addAccount(EMPTY_STATE, added, now);
  return { ...account, limits: { ...account.limits, ...limitsAt(now, historyLength) } };
}

function limitsAt(now: number, historyLength: number): Partial<Account['limits']> {
  const source = 'usage-endpoint' as const;
  const sizes = [
    { limitId: 'codex', durationMinutes: 300, usedPercent: 20 },
    { limitId: 'codex', durationMinutes: 10_080, usedPercent: 40 },
  ];
  const observedAt = now - 60_000;
  const windows = sizes.map((size) => ({ ...size, limitName: null, resetsAt: now + DAY_MS, source, observedAt }));
  const history = Array.from({ length: historyLength }, (_, index) => ({
    at: now - (historyLength - index) * 60_000,
    source,
    windows: sizes.map((size) => ({ ...size, resetsAtMs: now + DAY_MS })),
  }));
  return { windows, history, status: 'success', lastProbeAt: observedAt };
}

/** A token with the claims and the length of a real one, about 2 KB, that nobody can verify. */
function tokenFor(alias: string, now: number): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    aud: ['https://api.openai.com/v1'],
    exp: Math.floor(now / 1_000) + 864_000,
    'https://api.openai.com/auth': {
      chatgpt_account_id: `ws-${alias}`,
      chatgpt_user_id: `user-${alias}`,
      chatgpt_plan_type: 'plus',
      chatgpt_compute_residency: 'no_constraint',
      organizations: 'o'.repeat(800),
    },
    'https://api.openai.com/profile': { email: `${alias}@example.test` },
  };
  return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}.${'s'.repeat(342)}`;
}
