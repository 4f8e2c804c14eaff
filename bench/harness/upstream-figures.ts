import { elsewhere, type Part } from './figure.ts';

/**
 * What the choice of an account costs a request in upstream, measured elsewhere (2 cores, ext4, Node 20): p50 and p99 with a
 * fresh store, p50 with a full history, and how many times as fast oma has to be. Units: milliseconds.
 */
export const UPSTREAM = [
  { accounts: 3, p50: 5.1, p99: 10.7, full: 23, times: 20 },
  { accounts: 20, p50: 10.7, p99: 15.1, full: 128, times: 40 },
  { accounts: 200, p50: 69, p99: 83, full: 1_482, times: 200 },
] as const;

/** One row of these figures as parts of a report. */
export function upstreamParts({ p50, p99, full }: (typeof UPSTREAM)[number], of = 'upstream'): readonly Part[] {
  return [elsewhere(`${of}, fresh store`, p50, p99), elsewhere(`${of}, full history`, full)];
}
