import type { ProbeReport, ReportedWindow } from '../../contract/limits.ts';

/** When every probe is made unless a test says otherwise. */
export const NOW = Date.UTC(2026, 10, 23, 12);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

const BASE: Pick<ProbeReport, 'source' | 'model' | 'effort' | 'codexVersion' | 'sessionFile' | 'attempts'> = {
  source: 'codex-exec',
  model: 'gpt-5.5',
  effort: 'low',
  codexVersion: '0.169.0',
  sessionFile: 'rollout.jsonl',
  attempts: [],
};

/** A probe that completed, with both windows of the main meter. */
export function complete(fields: Partial<Extract<ProbeReport, { kind: 'complete' }>>): ProbeReport {
  return {
    kind: 'complete',
    ...BASE,
    observedAtMs: NOW,
    planType: null,
    windows: [fiveHour(12), weekly(34)],
    ...fields,
  };
}

/** A probe that completed without a word about the main meter. */
export function noData(fields: Partial<Extract<ProbeReport, { kind: 'no_data' }>>): ProbeReport {
  return { kind: 'no_data', ...BASE, observedAtMs: NOW, message: 'Nothing about the main meter.', ...fields };
}

/** A probe that failed with these words. */
export function failed(message: string): ProbeReport {
  return { kind: 'failed', ...BASE, code: 'INCOMPLETE', message, retryAtMs: null };
}

/** The five-hour window. */
export function fiveHour(usedPercent: number): ReportedWindow {
  return { limitId: 'codex', limitName: null, durationMinutes: 300, usedPercent, resetsAtMs: NOW + 2 * HOUR };
}

/** The weekly window. */
export function weekly(usedPercent: number): ReportedWindow {
  return { limitId: 'codex', limitName: null, durationMinutes: 10_080, usedPercent, resetsAtMs: NOW + 48 * HOUR };
}
