import type { AccountView } from '../../../../contract/account.ts';
import type { WindowView } from '../../../../contract/limits.ts';
import type { Status } from '../../../../contract/status.ts';
import type { PoolView } from '../../../../plugin/tui/pool.ts';
import { account, at, NOW, status } from '../../cli/samples.ts';

export const LOOK = { sessionId: 'ses_1', now: NOW };

/** A window of the main meter; `remaining` null = unknown. */
export function window(
  kind: 'five-hour' | 'weekly',
  remaining: number | null,
  over: Partial<WindowView> = {},
): WindowView {
  return {
    limitId: 'codex',
    limitName: null,
    kind,
    durationMinutes: kind === 'weekly' ? 10_080 : 300,
    usedPercent: remaining === null ? null : 100 - remaining,
    remainingPercent: remaining,
    lastKnownUsedPercent: remaining === null ? 0 : 100 - remaining,
    resetsAt: at(130),
    observedAt: at(-2),
    source: 'usage-endpoint',
    ...over,
  };
}

export const WORK = account({ windows: [window('five-hour', 62.9), window('weekly', 90)] });
export const HOME = account({
  alias: 'home',
  email: 'bob@example.com',
  limitsConfidence: 'unknown',
  lastLimitProbeAt: null,
});

/** The accounts, of which `work` served session `ses_1`. */
export function pool(
  accounts: readonly AccountView[] = [WORK, HOME],
  { served = { ses_1: 'work' }, ...over }: Partial<Status> & { served?: Readonly<Record<string, string>> } = {},
): PoolView {
  const counts = {
    ...{ total: accounts.length, enabled: accounts.length, eligible: accounts.length },
    ...{ needsLogin: [], lastServed: null, earliestRecovery: null },
  };
  return { accounts, status: status({ accounts: counts, ...over }), served: new Map(Object.entries(served)) };
}
