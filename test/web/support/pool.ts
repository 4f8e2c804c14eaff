import type { Simulator } from '../../../cli/simulator/server.ts';
import type { HistoryEntry } from '../../../contract/limits.ts';
import { secretSchema } from '../../../contract/scalars.ts';
import type { PartialSettings } from '../../../contract/settings.ts';
import { addAccount } from '../../../supervisor/core/accounts.ts';
import { type Account, EMPTY_STATE, type Limits, type State } from '../../../supervisor/core/state.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
const TOKEN_MS = 10 * 24 * HOUR_MS;

/** What the supervisor believes about an account when it starts. */
export interface Belief {
  /** Percent used of each window; absent: never probed. */
  readonly fiveHour?: number;
  readonly weekly?: number;
  /** When the last completed probe was, in minutes before now. */
  readonly probedMinutesAgo?: number;
  /** The latest probe failed with this message. */
  readonly error?: string;
  /** Percent an hour the five-hour window was used of late; makes a history. */
  readonly burnPerHour?: number;
  readonly change?: Partial<Account>;
}

/** Accounts by alias, in the order of rotation. */
export type Pool = Readonly<Record<string, Belief>>;

/** Makes the state a supervisor starts with. Shape: seats that the simulator knows get logins it accepts. Why no schedule: a background probe would change what the test set up. */
export function poolState(
  pool: Pool,
  { simulator, settings = {}, now }: { simulator: Simulator | null; settings?: PartialSettings; now: number },
): State {
  const known = new Set(simulator?.control.state().seats.map(({ alias }) => alias));
  const added = Object.entries(pool).reduce<State>((state, [alias, belief]) => {
    const login = simulator !== null && known.has(alias) ? simulator.control.credentials(alias) : null;
    const [next] = addAccount(
      state,
      {
        alias,
        seat: { accountId: login?.accountId ?? `ws-${alias}`, userId: login?.userId ?? `user-${alias}` },
        email: login?.email ?? `${alias}@example.test`,
        planType: login?.planType ?? 'plus',
        source: 'login',
        credentials: {
          accessToken: secretSchema.parse(login?.accessToken ?? `access-${alias}`),
          refreshToken: secretSchema.parse(login?.refreshToken ?? `refresh-${alias}`),
          idToken: null,
          expiresAt: login?.expiresAtMs ?? now + TOKEN_MS,
          lastRefreshAt: now - HOUR_MS,
        },
      },
      now - 24 * HOUR_MS,
    );
    return {
      ...next,
      accounts: next.accounts.map((account) =>
        account.alias === alias
          ? { ...account, limits: limitsOf(account.limits, belief, now), ...belief.change }
          : account,
      ),
    };
  }, EMPTY_STATE);
  return { ...added, settings: { ...added.settings, values: { probeBackgroundSources: [], ...settings } } };
}

/** As many uneventful accounts as asked for. */
export function manyAccounts(count: number): Pool {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `seat-${String(index + 1)}`,
      { fiveHour: (index * 7) % 100, weekly: (index * 13) % 100, probedMinutesAgo: 1 },
    ]),
  );
}

function limitsOf(
  limits: Limits,
  { fiveHour, weekly, probedMinutesAgo = 1, error, burnPerHour }: Belief,
  now: number,
): Limits {
  const at = now - probedMinutesAgo * MINUTE_MS;
  const failed = error === undefined ? {} : { status: 'error' as const, error, lastErrorAt: now - MINUTE_MS / 2 };
  if (fiveHour === undefined && weekly === undefined) return { ...limits, ...failed };
  const window = (durationMinutes: number, usedPercent: number, resetsInMs: number) => ({
    limitId: 'codex',
    limitName: null,
    durationMinutes,
    usedPercent,
    resetsAt: now + resetsInMs,
    source: 'codex-app-server' as const,
    observedAt: at,
  });
  return {
    ...limits,
    windows: [
      ...(fiveHour === undefined ? [] : [window(300, fiveHour, 2.25 * HOUR_MS)]),
      ...(weekly === undefined ? [] : [window(10_080, weekly, 76 * HOUR_MS)]),
    ],
    history: historyOf({ fiveHour: fiveHour ?? 0, weekly: weekly ?? 0, burnPerHour: burnPerHour ?? 0, at, now }),
    status: 'success',
    lastProbeAt: at,
    diagnostics: {
      source: 'codex-app-server',
      model: null,
      effort: null,
      sessionFile: null,
      codexVersion: '0.169.0',
      at,
    },
    ...failed,
  };
}

interface Past {
  readonly fiveHour: number;
  readonly weekly: number;
  readonly burnPerHour: number;
  readonly at: number;
  readonly now: number;
}

/** Two hours of probes that lead to the figures of now. */
function historyOf({ fiveHour, weekly, burnPerHour, at, now }: Past): HistoryEntry[] {
  if (burnPerHour === 0) return [];
  return Array.from({ length: 12 }, (_, index) => {
    const back = (11 - index) * 12 * MINUTE_MS;
    const wobble = index % 3 === 1 ? 0.6 : 0;
    const used = Math.max(0, fiveHour - (burnPerHour * back) / HOUR_MS + wobble);
    const usedWeek = Math.max(0, weekly - (burnPerHour * back) / HOUR_MS / 9);
    return {
      at: at - back,
      source: 'codex-app-server',
      windows: [
        { limitId: 'codex', durationMinutes: 300, usedPercent: used, resetsAtMs: now + 2.25 * HOUR_MS },
        { limitId: 'codex', durationMinutes: 10_080, usedPercent: usedWeek, resetsAtMs: now + 76 * HOUR_MS },
      ],
    };
  });
}
