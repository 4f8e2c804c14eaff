import * as z from 'zod';

import { MAIN_LIMIT_ID, type ReportedWindow, reportedWindowSchema } from '../contract/limits.ts';

/** What a source says about one meter. Shape: `null` is a meter or a window that it does not know. */
export interface Meter {
  readonly limitId: string | null;
  readonly limitName: string | null;
  readonly planType: string | null;
  readonly windows: readonly MeterWindow[];
}

/** A window as codex tells it: the length says what it is, never its place. Units: minutes, epoch seconds. */
export interface MeterWindow {
  readonly usedPercent: number;
  readonly durationMinutes: number | null;
  readonly resetsAtSeconds: number | null;
}

/** The windows of some meters, null if two of them claim to be the same or a figure is out of all bounds. */
export function reportedWindows(meters: readonly Meter[]): readonly ReportedWindow[] | null {
  const windows = meters.flatMap((meter) => windowsOf(meter));
  const names = new Set(windows.map(({ limitId, durationMinutes }) => `${limitId} ${String(durationMinutes)}`));
  if (names.size !== windows.length) return null;
  return z.array(reportedWindowSchema).max(WINDOWS_MAX).safeParse(windows).data ?? null;
}

/** Tells whether the main meter is among the windows. */
export function hasMainMeter(windows: readonly ReportedWindow[]): boolean {
  return windows.some(({ limitId }) => limitId === MAIN_LIMIT_ID);
}

/** `rate_limits` of a session file. */
export const sessionLimitsSchema = z
  .object({
    limit_id: absent(z.string()),
    limit_name: absent(z.string()),
    primary: absent(sessionWindowSchema()),
    secondary: absent(sessionWindowSchema()),
    plan_type: absent(z.string()),
  })
  .transform(({ limit_id: limitId, limit_name: limitName, plan_type: planType, primary, secondary }): Meter => ({
    limitId,
    limitName,
    planType,
    windows: present(primary, secondary),
  }));

/** A snapshot of `account/rateLimits/read`. */
export const serverLimitsSchema = z
  .object({
    limitId: absent(z.string()),
    limitName: absent(z.string()),
    primary: absent(serverWindowSchema()),
    secondary: absent(serverWindowSchema()),
    planType: absent(z.string()),
  })
  .transform(({ limitId, limitName, planType, primary, secondary }): Meter => ({
    limitId,
    limitName,
    planType,
    windows: present(primary, secondary),
  }));

const WINDOWS_MAX = 32;
const MS_PER_SECOND = 1_000;

function windowsOf({ limitId, limitName, windows }: Meter): readonly ReportedWindow[] {
  if (limitId === null) return [];
  return windows.flatMap(({ usedPercent, durationMinutes, resetsAtSeconds }) =>
    // Without its length nobody can say which window this is.
    durationMinutes === null
      ? []
      : [
          {
            limitId,
            limitName,
            durationMinutes,
            usedPercent,
            resetsAtMs: resetsAtSeconds === null ? null : resetsAtSeconds * MS_PER_SECOND,
          },
        ],
  );
}

function sessionWindowSchema() {
  return z
    .object({ used_percent: percent(), window_minutes: absent(minutes()), resets_at: absent(epochSeconds()) })
    .transform((window): MeterWindow => ({
      usedPercent: window.used_percent,
      durationMinutes: window.window_minutes,
      resetsAtSeconds: window.resets_at,
    }));
}

function serverWindowSchema() {
  return z
    .object({ usedPercent: percent(), windowDurationMins: absent(minutes()), resetsAt: absent(epochSeconds()) })
    .transform((window): MeterWindow => ({
      usedPercent: window.usedPercent,
      durationMinutes: window.windowDurationMins,
      resetsAtSeconds: window.resetsAt,
    }));
}

function present(...windows: readonly (MeterWindow | null)[]): readonly MeterWindow[] {
  return windows.filter((window) => window !== null);
}

/** Why: `null` and a missing field both stand for absence; oma knows one. */
function absent<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? null);
}

function percent() {
  return z.number().min(0).max(1_000);
}

function minutes() {
  return z.number().positive();
}

/** Whatever is larger lies after the year 5138 and is no time in seconds. */
function epochSeconds() {
  return z.int().positive().max(100_000_000_000);
}
