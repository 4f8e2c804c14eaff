import type { Seat, UsageWindow } from './seat.ts';

export const FULL_PERCENT = 100;
export const MAIN_LIMIT_ID = 'codex';

const MS_PER_MINUTE = 60_000;
const MS_PER_SECOND = 1_000;

/** Rolls a window over when its reset has passed, or starts one that has not begun. */
export function currentWindow(window: UsageWindow, now: number): UsageWindow & { readonly resetsAtMs: number } {
  if (window.resetsAtMs !== null && window.resetsAtMs > now) return { ...window, resetsAtMs: window.resetsAtMs };
  // A window given without a reset keeps its figure; one whose reset has passed is empty again.
  const usedPercent = window.resetsAtMs === null ? window.usedPercent : 0;
  return { ...window, usedPercent, resetsAtMs: now + window.durationMinutes * MS_PER_MINUTE };
}

/** Lists the windows that meter a model. */
export function windowsForModel(seat: Seat, model: string): readonly UsageWindow[] {
  const claimed = seat.windows.filter((window) => window.models?.includes(model) === true);
  return claimed.length > 0 ? claimed : seat.windows.filter((window) => window.models === null);
}

/** Finds the full window that frees last, or null while the model may be used. */
export function exhaustedWindow(
  seat: Seat,
  model: string,
  now: number,
): (UsageWindow & { readonly resetsAtMs: number }) | null {
  const full = windowsForModel(seat, model)
    .map((window) => currentWindow(window, now))
    .filter((window) => window.usedPercent >= FULL_PERCENT);
  return full.reduce<(typeof full)[number] | null>(
    (last, window) => (last === null || window.resetsAtMs > last.resetsAtMs ? window : last),
    null,
  );
}

/** Charges one accepted request to the windows that meter its model. */
export function consume(seat: Seat, model: string, now: number): Seat {
  const charged = new Set(windowsForModel(seat, model));
  return {
    ...seat,
    windows: seat.windows.map((window) => {
      const current = currentWindow(window, now);
      if (!charged.has(window)) return current;
      return { ...current, usedPercent: Math.min(FULL_PERCENT, current.usedPercent + window.perRequestPercent) };
    }),
  };
}

/** Says the windows of every meter of a seat in response headers; the main meter comes first. */
export function limitHeaders(seat: Seat, now: number): Record<string, string> {
  const headers: Record<string, string> = {
    'x-codex-plan-type': seat.planType,
    'x-codex-credits-has-credits': String(seat.credits.hasCredits),
    'x-codex-credits-unlimited': String(seat.credits.unlimited),
  };
  if (seat.credits.balance !== null) headers['x-codex-credits-balance'] = seat.credits.balance;
  for (const meter of metersOf(seat)) Object.assign(headers, meterHeaders(meter, now));
  return headers;
}

/** Answers what `GET /wham/usage` says about a seat. */
export function usageBody(seat: Seat, now: number): Record<string, unknown> {
  const meters = metersOf(seat);
  const main = meters.find((meter) => meter.limitId === MAIN_LIMIT_ID);
  const further = meters.filter((meter) => meter.limitId !== MAIN_LIMIT_ID);
  const mainLimit = rateLimit(main?.windows ?? [], now);
  return {
    user_id: seat.userId,
    account_id: seat.accountId,
    email: seat.email,
    plan_type: seat.planType,
    rate_limit: mainLimit,
    additional_rate_limits: further.map((meter) => ({
      limit_name: meter.limitName ?? meter.limitId,
      metered_feature: meter.limitId,
      rate_limit: rateLimit(meter.windows, now),
    })),
    credits: { has_credits: seat.credits.hasCredits, unlimited: seat.credits.unlimited, balance: seat.credits.balance },
    spend_control: { reached: false },
    rate_limit_reached_type: mainLimit.limit_reached ? { type: 'rate_limit_reached' } : null,
  };
}

interface Meter {
  readonly limitId: string;
  readonly limitName: string | null;
  readonly windows: readonly UsageWindow[];
}

function metersOf(seat: Seat): readonly Meter[] {
  const ids = [...new Set([MAIN_LIMIT_ID, ...seat.windows.map((window) => window.limitId)])];
  return ids.map((limitId) => {
    const windows = seat.windows.filter((window) => window.limitId === limitId);
    return { limitId, limitName: windows[0]?.limitName ?? null, windows };
  });
}

function meterHeaders(meter: Meter, now: number): Record<string, string> {
  const prefix = `x-${meter.limitId.replaceAll('_', '-')}`;
  const headers: Record<string, string> = {};
  if (meter.limitName !== null) headers[`${prefix}-limit-name`] = meter.limitName;
  for (const window of meter.windows) {
    const current = currentWindow(window, now);
    headers[`${prefix}-${window.slot}-used-percent`] = String(Math.round(current.usedPercent * 10) / 10);
    headers[`${prefix}-${window.slot}-window-minutes`] = String(window.durationMinutes);
    headers[`${prefix}-${window.slot}-reset-at`] = String(seconds(current.resetsAtMs));
    headers[`${prefix}-${window.slot}-reset-after-seconds`] = String(seconds(current.resetsAtMs - now));
  }
  return headers;
}

function rateLimit(windows: readonly UsageWindow[], now: number) {
  const reached = windows.some((window) => currentWindow(window, now).usedPercent >= FULL_PERCENT);
  const slot = (name: UsageWindow['slot']) => {
    const window = windows.find((candidate) => candidate.slot === name);
    return window === undefined ? null : windowBody(window, now);
  };
  return {
    allowed: !reached,
    limit_reached: reached,
    primary_window: slot('primary'),
    secondary_window: slot('secondary'),
  };
}

function windowBody(window: UsageWindow, now: number) {
  const current = currentWindow(window, now);
  return {
    used_percent: Math.round(current.usedPercent),
    limit_window_seconds: window.durationMinutes * 60,
    reset_after_seconds: seconds(current.resetsAtMs - now),
    reset_at: seconds(current.resetsAtMs),
  };
}

function seconds(ms: number): number {
  return Math.ceil(ms / MS_PER_SECOND);
}
