import * as z from 'zod';

import { isoTimeSchema, percentSchema } from './scalars.ts';

/** Minutes of the windows that have names of their own. */
export const FIVE_HOUR_MINUTES = 300;
/** Length of the weekly window. */
export const WEEK_MINUTES = 10_080;

/** The meter that ordinary Codex use counts against; other ids are per-model meters. */
export const MAIN_LIMIT_ID = 'codex';

/** Where a figure may come from; each counts only when its answer was complete. */
export const probeSourceSchema = z.enum(['codex-exec', 'codex-app-server', 'usage-endpoint']);
export type ProbeSource = z.infer<typeof probeSourceSchema>;

/** How far stored limits can be trusted. */
export const confidenceSchema = z.enum(['fresh', 'stale', 'error', 'unknown']);
export type Confidence = z.infer<typeof confidenceSchema>;

/** What happened to the latest probe of an account. */
export const limitStatusSchema = z.enum(['idle', 'queued', 'running', 'success', 'no_data', 'error']);
export type LimitStatus = z.infer<typeof limitStatusSchema>;

/** The name of a window, by its length only, never by its position in an answer. */
export const windowKindSchema = z.enum(['five-hour', 'weekly', 'monthly', 'other']);
export type WindowKind = z.infer<typeof windowKindSchema>;

/** Classifies a window by its length in minutes. */
export function windowKind(durationMinutes: number): WindowKind {
  if (durationMinutes === FIVE_HOUR_MINUTES) return 'five-hour';
  if (durationMinutes === WEEK_MINUTES) return 'weekly';
  return durationMinutes >= 40_320 && durationMinutes <= 44_640 ? 'monthly' : 'other';
}

/** One window as people see it. */
export const windowViewSchema = z.object({
  limitId: z.string().describe('The meter: `codex` or a per-model one.'),
  limitName: z.string().nullable().describe('The name the provider gives the meter.'),
  kind: windowKindSchema,
  durationMinutes: z.number().positive(),
  usedPercent: percentSchema.nullable().describe('Null is unknown, never 0.'),
  remainingPercent: percentSchema.nullable().describe('100 minus used; null is unknown.'),
  lastKnownUsedPercent: percentSchema.describe('The last figure seen, also when it no longer counts.'),
  resetsAt: isoTimeSchema.nullable(),
  observedAt: isoTimeSchema,
  source: probeSourceSchema,
});
export type WindowView = z.infer<typeof windowViewSchema>;

/** The derived five-hour or weekly figure. */
export const limitViewSchema = windowViewSchema.pick({
  usedPercent: true,
  remainingPercent: true,
  lastKnownUsedPercent: true,
  resetsAt: true,
  observedAt: true,
  source: true,
});

/** Which probe the stored figures come from. */
export const probeDiagnosticsSchema = z.object({
  source: probeSourceSchema,
  model: z.string().nullable(),
  effort: z.string().nullable(),
  sessionFile: z.string().nullable().describe('Name of the session file, without its directory.'),
  codexVersion: z.string().nullable(),
  at: isoTimeSchema,
});

/** One window inside a probe's answer. Units: used in percent, length in minutes, reset in epoch milliseconds. */
export const reportedWindowSchema = z.object({
  limitId: z.string().min(1).max(64),
  limitName: z.string().max(128).nullable(),
  durationMinutes: z.number().positive().max(1_000_000),
  usedPercent: percentSchema,
  resetsAtMs: z.int().positive().nullable(),
});
export type ReportedWindow = z.infer<typeof reportedWindowSchema>;

/** Why a probe yields nothing. */
export const probeFailureCodeSchema = z.enum([
  'UNSUPPORTED_CODEX',
  'TIMED_OUT',
  'CANCELLED',
  'INTERRUPTED',
  'RATE_LIMITED',
  'UNAUTHORIZED',
  'WORKSPACE_DEACTIVATED',
  'FORBIDDEN',
  'MODEL_UNSUPPORTED',
  'EFFORT_UNSUPPORTED',
  'INCOMPLETE',
  'UPSTREAM_ERROR',
  'UNREACHABLE',
  'UNKNOWN_SHAPE',
  'CHILD_DIED',
]);
export type ProbeFailureCode = z.infer<typeof probeFailureCodeSchema>;

/** One run of a probe source, kept for diagnosis. */
export const probeAttemptSchema = z.object({
  source: probeSourceSchema,
  model: z.string().nullable(),
  effort: z.string().nullable(),
  code: probeFailureCodeSchema.nullable().describe('Null when this attempt completed.'),
  message: z.string().max(500).describe('Redacted, for people.'),
});
export type ProbeAttempt = z.infer<typeof probeAttemptSchema>;

const reportBase = {
  source: probeSourceSchema,
  model: z.string().nullable(),
  effort: z.string().nullable(),
  codexVersion: z.string().nullable(),
  sessionFile: z.string().nullable(),
  attempts: z.array(probeAttemptSchema).max(32),
};

/**
 * What a probe saw. Only `complete` can touch limits.
 * Shape: `complete` has at least one window of the main meter; `no_data` completed but said nothing usable; `failed` proves nothing.
 */
export const probeReportSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('complete'),
    ...reportBase,
    observedAtMs: z.int().positive(),
    planType: z.string().max(64).nullable(),
    windows: z.array(reportedWindowSchema).min(1).max(32),
  }),
  z.object({
    kind: z.literal('no_data'),
    ...reportBase,
    observedAtMs: z.int().positive(),
    message: z.string().max(500),
  }),
  z.object({
    kind: z.literal('failed'),
    ...reportBase,
    code: probeFailureCodeSchema,
    message: z.string().max(500),
    retryAtMs: z.int().positive().nullable(),
  }),
]);
export type ProbeReport = z.infer<typeof probeReportSchema>;

/** One entry of the history of limits. */
export const historyEntrySchema = z.object({
  at: z.int().positive(),
  source: probeSourceSchema,
  windows: z.array(
    z.object({
      limitId: z.string(),
      durationMinutes: z.number(),
      usedPercent: percentSchema,
      resetsAtMs: z.int().nullable(),
    }),
  ),
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;
