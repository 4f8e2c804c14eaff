import type { EpochMs } from '../../contract/scalars.ts';
import type { Account } from '../core/state.ts';
import type { Context } from '../operations/context.ts';
import type { Probes } from '../operations/probes.ts';

const MINUTE_MS = 60 * 1_000;

/** The schedule is looked at this often, in milliseconds. */
const PERIOD_MS = 20 * 1_000;

/** After a reset the new figures are asked for this late, in milliseconds, because providers round. */
const AFTER_RESET_MS = 10 * 1_000;

/** A failed probe makes the next one wait at most this many intervals. */
const BACKOFF_MAX = 8;

/** Intervals are shortened or stretched by up to these factors. */
const JITTER_MIN = 0.9;
const JITTER_MAX = 1.1;

/** What the loop remembers of one account. */
interface Schedule {
  readonly at: EpochMs;
  readonly failures: number;
  /** When it was last asked, whatever came of it; null = not by this process. */
  readonly triedAt: EpochMs | null;
}

/** What the loop needs. Shape: `random` gives 0..1. */
export interface ProbeLoopDeps {
  readonly context: Context;
  readonly probes: Probes;
  random: () => number;
}

/**
 * Probes enabled accounts one after the other: each about every interval with jitter, soon after a limit or window has reset, less often while it fails.
 * Why one after the other: many probes at once from one machine look like abuse to the provider.
 */
export function startProbeLoop({ context, probes, random }: ProbeLoopDeps): () => void {
  const schedules = new Map<string, Schedule>();
  let isOver = false;
  let cancel: () => void = () => undefined;
  const turn = async (): Promise<void> => {
    const interval = context.settings.effective().settings.probeIntervalMinutes * MINUTE_MS;
    for (const account of probeable(context)) {
      if (isOver) return;
      const kept = schedules.get(account.alias);
      const isKept = kept !== undefined && kept.at - context.now() <= interval * BACKOFF_MAX * JITTER_MAX;
      const regular = isKept
        ? kept
        : {
            at: context.now() + firstDelay(account, context.now(), interval) + random() * MINUTE_MS,
            failures: 0,
            triedAt: null,
          };
      // Kept although it lies ahead: a success soon after it lets the account forget its cooldown.
      const schedule = { ...regular, at: Math.min(regular.at, resetOf(account, regular.triedAt)) };
      schedules.set(account.alias, schedule);
      if (schedule.at > context.now()) continue;
      await probes.inBackground(account.alias);
      schedules.set(
        account.alias,
        nextSchedule(context, account, { interval, jitter: random(), failures: schedule.failures }),
      );
    }
  };
  const schedule = (): void => {
    if (!isOver) cancel = context.later(PERIOD_MS, safeTurn);
  };
  // A probe that the end of the supervisor cuts off is no stumble.
  const safeTurn = (): void => {
    void turn()
      .catch((error: unknown) => {
        if (!isOver) context.log.error({ cause: String(error) }, 'the probe schedule stumbled; it goes on');
      })
      .finally(schedule);
  };
  schedule();
  return () => {
    isOver = true;
    cancel();
  };
}

function probeable({ store }: Context): readonly Account[] {
  return store.read().accounts.filter(({ availability, auth }) => availability.enabled && auth.state === 'ok');
}

/** An account never probed, or long ago, comes first; others wait out their interval. */
function firstDelay({ limits }: Account, now: EpochMs, interval: number): number {
  const age = limits.lastProbeAt === null ? interval : now - limits.lastProbeAt;
  return Math.max(0, interval - age);
}

function nextSchedule(
  { store, now }: Context,
  { alias }: Account,
  { interval, jitter, failures }: { interval: number; jitter: number; failures: number },
): Schedule {
  const status = store.read().accounts.find((account) => account.alias === alias)?.limits.status;
  const failed = status === 'error' ? failures + 1 : 0;
  const factor = Math.min(2 ** failed, BACKOFF_MAX);
  const pause = interval * factor * (JITTER_MIN + (JITTER_MAX - JITTER_MIN) * jitter);
  return { at: now() + pause, failures: failed, triedAt: now() };
}

/** When to ask because of the next reset or end of a limit's cooldown, past or ahead, that no probe has followed yet; Infinity = there is none. */
function resetOf({ limits, health }: Account, triedAt: EpochMs | null): EpochMs {
  const lastTried = Math.max(limits.lastProbeAt ?? 0, limits.lastErrorAt ?? 0, triedAt ?? 0);
  const ends = [
    ...limits.windows.map(({ resetsAt }) => resetsAt ?? 0),
    health.reason === 'rate-limited' ? (health.until ?? 0) : 0,
  ];
  return Math.min(...ends.filter((end) => end + AFTER_RESET_MS > lastTried && end > 0)) + AFTER_RESET_MS;
}
