import type { EpochMs } from '../../contract/scalars.ts';

/** Writes an instant as ISO 8601 UTC; the only place in the core that touches Date, and only with a given value. */
export function isoTime(at: EpochMs): string {
  return new Date(at).toISOString();
}

/** Writes an instant, or null for none. */
export function isoTimeOrNull(at: EpochMs | null): string | null {
  return at === null ? null : isoTime(at);
}
