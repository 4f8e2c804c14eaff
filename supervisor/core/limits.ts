import type { AccountView } from '../../contract/account.ts';
import {
  type Confidence,
  type HistoryEntry,
  type LimitStatus,
  MAIN_LIMIT_ID,
  type ProbeReport,
  type ReportedWindow,
  type WindowKind,
  windowKind,
  type WindowView,
} from '../../contract/limits.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import type { Settings } from '../../contract/settings.ts';
import { isSameSeat, updateAccount } from './access.ts';
import { type Diagnostics, HISTORY_MAX, type Limits, type Seat, type State, type Window } from './state.ts';
import { isoTime, isoTimeOrNull } from './time.ts';

/** A success is fresh for so long, in milliseconds. */
export const FRESH_MS = 5 * 60 * 1_000;

/** After so long without a success nothing is known, in milliseconds. */
export const KNOWN_MS = 60 * 60 * 1_000;

/** What came back from the probe of one account. Shape: `seat` is who was probed; the alias may stand for another one by now. */
export interface ProbeAnswer {
  readonly alias: Alias;
  readonly seat: Seat;
  readonly report: ProbeReport;
}

type Complete = Extract<ProbeReport, { kind: 'complete' }>;
type LimitView = NonNullable<AccountView['rateLimits']['fiveHour']>;

/**
 * Decides what a probe may change; answers the new status, or null when its account is gone or is another seat by now.
 * Why: evidence about one seat must never be written to another that took over its alias.
 */
export function acceptProbe(
  state: State,
  { alias, seat, report }: ProbeAnswer,
  now: EpochMs,
): readonly [State, LimitStatus | null] {
  const account = state.accounts.find((candidate) => candidate.alias === alias);
  if (account === undefined || !isSameSeat(account.seat, seat)) return [state, null];
  const limits = applyReport(account.limits, report, now);
  const planType = report.kind === 'complete' ? (report.planType ?? account.planType) : account.planType;
  return [updateAccount(state, alias, (old) => ({ ...old, planType, limits })), limits.status];
}

/**
 * Applies the authority rule to the limits of one account.
 * Shape: `complete` replaces the windows of the meters it reports; `no_data` changes the status and the remembered model; `failed` changes status, error and its time only.
 */
export function applyReport(limits: Limits, report: ProbeReport, now: EpochMs): Limits {
  switch (report.kind) {
    case 'complete':
      return applyComplete(limits, report, now);
    case 'no_data':
      return { ...limits, status: 'no_data', probeModel: workingModel(limits, report) };
    case 'failed':
      return { ...limits, status: 'error', error: report.message, lastErrorAt: now };
  }
}

/** Notes that a probe of an account waits or runs. Errors: ACCOUNT_NOT_FOUND. */
export function markProbe(state: State, alias: Alias, status: 'queued' | 'running'): State {
  return updateAccount(state, alias, (account) => ({ ...account, limits: { ...account.limits, status } }));
}

/** Takes back the mark of a probe that will never answer; everything known stays. */
export function settle(limits: Limits): Limits {
  if (limits.status !== 'queued' && limits.status !== 'running') return limits;
  if (limits.error !== null) return { ...limits, status: 'error' };
  return { ...limits, status: limits.lastProbeAt === null ? 'idle' : 'success' };
}

/** Settles every account, for the start: a probe that a crash cut off left its mark and nothing else. */
export function settleAll(state: State): State {
  const accounts = state.accounts.map((account) => {
    const limits = settle(account.limits);
    return limits === account.limits ? account : { ...account, limits };
  });
  return accounts.every((account, index) => account === state.accounts[index]) ? state : { ...state, accounts };
}

/** Orders the models of an exec probe: the one that worked last comes first, if it is still wanted. */
export function probeModels({ probeModel }: Limits, models: readonly string[]): readonly string[] {
  if (probeModel === null || !models.includes(probeModel)) return models;
  return [probeModel, ...models.filter((model) => model !== probeModel)];
}

/** Tells how far stored limits can be trusted now. Why: recomputed each time and never stored, because it changes by waiting. */
export function confidence(limits: Limits, now: EpochMs): Confidence {
  if (limits.lastProbeAt === null || !isWithin(KNOWN_MS, limits.lastProbeAt, now)) return 'unknown';
  if (limits.error !== null) return 'error';
  return isWithin(FRESH_MS, limits.lastProbeAt, now) ? 'fresh' : 'stale';
}

/** Tells whether a stored figure still counts: it is not too old, and its window has not been reset since. */
export function isKnown({ resetsAt, observedAt }: Window, now: EpochMs): boolean {
  return isWithin(KNOWN_MS, observedAt, now) && (resetsAt === null || resetsAt > now);
}

/** Shows every stored window; a figure that no longer counts is null, and its last value is kept beside it. */
export function windowViews(limits: Limits, now: EpochMs): WindowView[] {
  return limits.windows.map((window) => ({
    limitId: window.limitId,
    limitName: window.limitName,
    kind: windowKind(window.durationMinutes),
    durationMinutes: window.durationMinutes,
    ...limitView(window, now),
  }));
}

/** The five-hour figure of the main meter, null = there is no such window. */
export function fiveHourView(limits: Limits, now: EpochMs): LimitView | null {
  return mainView(limits, 'five-hour', now);
}

/** The weekly figure of the main meter, null = there is no such window. */
export function weeklyView(limits: Limits, now: EpochMs): LimitView | null {
  return mainView(limits, 'weekly', now);
}

/** What is left in the tightest window of the main meter that is known. Units: percent, 0..100; null = unknown. */
export function tightestRemaining(limits: Limits, now: EpochMs): number | null {
  let tightest: number | null = null;
  for (const window of limits.windows) {
    if (window.limitId !== MAIN_LIMIT_ID || !isKnown(window, now)) continue;
    const left = remaining(window);
    if (tightest === null || left < tightest) tightest = left;
  }
  return tightest;
}

/** Compares what is left with the thresholds; unknown is neither low nor critical. */
export function level(
  limits: Limits,
  thresholds: Pick<Settings, 'criticalThreshold' | 'lowThreshold'>,
  now: EpochMs,
): AccountView['level'] {
  const left = tightestRemaining(limits, now);
  if (left === null) return 'unknown';
  if (left < thresholds.criticalThreshold) return 'critical';
  return left < thresholds.lowThreshold ? 'low' : 'ok';
}

/**
 * The instant at which an account is no longer exhausted for a model, null = it is not, as far as is known.
 * Shape: the windows that count are those of the meter named like the model if there is one, else those of the main meter.
 */
export function exhaustedUntil(limits: Limits, model: string | null, now: EpochMs): EpochMs | null {
  const { windows } = limits;
  // Nearly always nothing is full, and this runs for each account on the lease path.
  if (!hasFull(windows)) return null;
  const limitId = model === null ? MAIN_LIMIT_ID : meterOf(windows, model);
  let until: EpochMs | null = null;
  for (const window of windows) {
    const { resetsAt } = window;
    if (window.limitId !== limitId || window.usedPercent < FULL_PERCENT || resetsAt === null) continue;
    if (isKnown(window, now) && (until === null || resetsAt > until)) until = resetsAt;
  }
  return until;
}

/** Tells whether no window, even if it is known, can make an account exhausted or critical. */
export function isAmple({ windows }: Limits, { criticalThreshold }: Pick<Settings, 'criticalThreshold'>): boolean {
  for (const window of windows)
    if (window.usedPercent >= FULL_PERCENT || remaining(window) < criticalThreshold) return false;
  return true;
}

const FULL_PERCENT = 100;

/** Windows kept for each account, at most; those reported longest ago go first. */
const WINDOWS_MAX = 64;

function applyComplete(limits: Limits, report: Complete, now: EpochMs): Limits {
  // A clock that runs ahead must not keep every later report out.
  const observedAt = Math.min(report.observedAtMs, now);
  if (!isNewer(limits, observedAt, now)) return settle(limits);
  const reported = new Set(report.windows.map(({ limitId }) => limitId));
  const kept = limits.windows.filter(({ limitId }) => !reported.has(limitId));
  return {
    windows: [...report.windows.map((window) => storedWindow(window, report, observedAt)), ...kept].slice(
      0,
      WINDOWS_MAX,
    ),
    history: [...limits.history, historyEntry(report, observedAt)].slice(-HISTORY_MAX),
    status: 'success',
    error: null,
    lastProbeAt: observedAt,
    lastErrorAt: limits.lastErrorAt,
    diagnostics: diagnosticsOf(report, observedAt),
    probeModel: workingModel(limits, report),
  };
}

/** An older answer may arrive after a newer one; it has nothing to say any more. */
function isNewer({ lastProbeAt }: Limits, observedAt: EpochMs, now: EpochMs): boolean {
  return lastProbeAt === null || observedAt > lastProbeAt || lastProbeAt > now;
}

function storedWindow(
  { limitId, limitName, durationMinutes, usedPercent, resetsAtMs }: ReportedWindow,
  { source }: Complete,
  observedAt: EpochMs,
): Window {
  return { limitId, limitName, durationMinutes, usedPercent, resetsAt: resetsAtMs, source, observedAt };
}

function historyEntry({ source, windows }: Complete, at: EpochMs): HistoryEntry {
  return {
    at,
    source,
    windows: windows.map(({ limitId, durationMinutes, usedPercent, resetsAtMs }) => ({
      limitId,
      durationMinutes,
      usedPercent,
      resetsAtMs,
    })),
  };
}

function diagnosticsOf({ source, model, effort, sessionFile, codexVersion }: Complete, at: EpochMs): Diagnostics {
  return { source, model, effort, sessionFile, codexVersion, at };
}

function workingModel(limits: Limits, report: Exclude<ProbeReport, { kind: 'failed' }>): string | null {
  return report.source === 'codex-exec' ? (report.model ?? limits.probeModel) : limits.probeModel;
}

/** A time that lies ahead by as much is no better than one that lies back: the clock was moved. */
function isWithin(spanMs: number, at: EpochMs, now: EpochMs): boolean {
  return Math.abs(now - at) <= spanMs;
}

function remaining({ usedPercent }: Window): number {
  return Math.max(0, FULL_PERCENT - usedPercent);
}

function limitView(window: Window, now: EpochMs): LimitView {
  const known = isKnown(window, now);
  return {
    usedPercent: known ? window.usedPercent : null,
    remainingPercent: known ? remaining(window) : null,
    lastKnownUsedPercent: window.usedPercent,
    resetsAt: isoTimeOrNull(window.resetsAt),
    observedAt: isoTime(window.observedAt),
    source: window.source,
  };
}

function mainView(limits: Limits, kind: WindowKind, now: EpochMs): LimitView | null {
  const window = limits.windows.find(
    ({ limitId, durationMinutes }) => limitId === MAIN_LIMIT_ID && windowKind(durationMinutes) === kind,
  );
  return window === undefined ? null : limitView(window, now);
}

function hasFull(windows: readonly Window[]): boolean {
  for (const { usedPercent } of windows) if (usedPercent >= FULL_PERCENT) return true;
  return false;
}

/** Per-model meters are named like their model, but for the case of letters. */
function meterOf(windows: readonly Window[], model: string): string {
  for (const { limitId, limitName } of windows) {
    if (limitName !== null && limitName.length === model.length && limitName.toLowerCase() === model.toLowerCase())
      return limitId;
  }
  return MAIN_LIMIT_ID;
}
