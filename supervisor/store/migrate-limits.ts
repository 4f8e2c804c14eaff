import {
  FIVE_HOUR_MINUTES,
  type HistoryEntry,
  type LimitStatus,
  MAIN_LIMIT_ID,
  type ProbeSource,
  WEEK_MINUTES,
} from '../../contract/limits.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import { HISTORY_MAX, type Limits, type Window } from '../core/state.ts';
import {
  parseLenient,
  type UpstreamAccount,
  upstreamHistorySchema,
  type UpstreamWindow,
  type UpstreamWindows,
  upstreamWindowsSchema,
} from './upstream-schema.ts';

/**
 * The source that migrated figures are labelled with.
 * Why: upstream does not say where a figure came from (a usage read, an exec, response headers); of our sources a plain read of the usage
 * endpoint claims the least: no session ran, none completed.
 */
const SOURCE: ProbeSource = 'usage-endpoint';

/** A reset may lie this much further ahead than the window is long before the window's name is disbelieved, in milliseconds. */
const RESET_SLACK_MS = 5 * 60_000;

const MINUTE_MS = 60_000;

/** Anything that looks like a secret in a text that upstream stored as it came. */
const SECRETS = /(?:eyJ|rt_|sk-|sess-|ac_)[\w.~+/=-]{8,}|Bearer\s+\S+/g;

/** The limits that upstream believed in, as our belief with its own age. */
export interface MigratedLimits {
  readonly limits: Limits;
  readonly notes: readonly string[];
}

/** Turns what upstream stored about limits into ours: figures keep the instant they were seen, so they age from then. */
export function migrateLimits(fields: UpstreamAccount, now: EpochMs): MigratedLimits {
  const { value: rateLimits, unusable } = parseLenient(upstreamWindowsSchema, fields.rateLimits);
  const notes = unusable.map((name) => `its limit "${name}" could not be used and was left out`);
  const windows = slots(rateLimits).flatMap(({ name, durationMinutes, window }): readonly Window[] => {
    const observedAt = window.updatedAt ?? fields.lastLimitProbeAt;
    if (observedAt === undefined) notes.push(`its ${name} figure has no age and was left out`);
    else if (isMislabelled(window, durationMinutes, observedAt))
      notes.push(`its ${name} figure resets later than such a window can and was left out`);
    else
      return [
        {
          limitId: MAIN_LIMIT_ID,
          limitName: null,
          durationMinutes,
          usedPercent: usedPercent(window),
          resetsAt: window.resetAt ?? null,
          source: SOURCE,
          observedAt: Math.min(observedAt, now),
        },
      ];
    return [];
  });
  const history = historyOf(fields.rateLimitHistory ?? []);
  if (history.unusable > 0)
    notes.push(`${String(history.unusable)} entries of its limit history say nothing and were left out`);
  const limits: Limits = {
    windows,
    history: history.entries,
    status: statusOf(fields.limitStatus),
    error: fields.limitError?.replace(SECRETS, '[removed]') ?? null,
    lastProbeAt: lastProbeAt(fields, windows, now),
    lastErrorAt: fields.lastLimitErrorAt ?? null,
    diagnostics: null,
    probeModel: null,
  };
  return { limits, notes };
}

interface Slot {
  readonly name: string;
  readonly durationMinutes: number;
  readonly window: UpstreamWindow;
}

function slots({ fiveHour, weekly }: UpstreamWindows): readonly Slot[] {
  return [
    ...(fiveHour === undefined ? [] : [{ name: 'five-hour', durationMinutes: FIVE_HOUR_MINUTES, window: fiveHour }]),
    ...(weekly === undefined ? [] : [{ name: 'weekly', durationMinutes: WEEK_MINUTES, window: weekly }]),
  ];
}

/** Why: upstream names windows by their place in the answer, so a weekly-only plan has its week under "fiveHour"; a reset days ahead proves it. */
function isMislabelled({ resetAt }: UpstreamWindow, durationMinutes: number, observedAt: EpochMs): boolean {
  return resetAt !== undefined && resetAt - observedAt > durationMinutes * MINUTE_MS + RESET_SLACK_MS;
}

function usedPercent({ limit, remaining }: UpstreamWindow): number {
  const used = 100 - (100 * remaining) / limit;
  return Math.min(100, Math.max(0, Math.round(used * 100) / 100));
}

/** Why: upstream also renews figures from response headers, so its probe time counts only up to the age of the figures that are kept. */
function lastProbeAt({ lastLimitProbeAt }: UpstreamAccount, windows: readonly Window[], now: EpochMs): EpochMs | null {
  if (lastLimitProbeAt === undefined) return null;
  return Math.min(
    lastLimitProbeAt,
    now,
    ...(windows.length === 0 ? [] : [Math.max(...windows.map((window) => window.observedAt))]),
  );
}

/** A probe of another program that was waiting or running will never answer us. */
function statusOf(status: UpstreamAccount['limitStatus']): LimitStatus {
  return status === undefined || status === 'queued' || status === 'running' || status === 'stopped' ? 'idle' : status;
}

function historyOf(raw: readonly unknown[]): { readonly entries: readonly HistoryEntry[]; readonly unusable: number } {
  const entries = raw.flatMap((item): readonly HistoryEntry[] => {
    const parsed = upstreamHistorySchema.safeParse(item);
    if (!parsed.success) return [];
    const { at } = parsed.data;
    const windows = slots(parsed.data)
      .filter(({ durationMinutes, window }) => !isMislabelled(window, durationMinutes, at))
      .map(({ durationMinutes, window }) => ({
        limitId: MAIN_LIMIT_ID,
        durationMinutes,
        usedPercent: usedPercent(window),
        resetsAtMs: window.resetAt ?? null,
      }));
    return windows.length === 0 ? [] : [{ at, source: SOURCE, windows }];
  });
  const newest = entries.toSorted((a, b) => a.at - b.at).slice(-HISTORY_MAX);
  return { entries: newest, unusable: raw.length - entries.length };
}
