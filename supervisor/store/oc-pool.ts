import * as z from 'zod';

import { isoTime } from '../core/time.ts';
import { timeSchema } from './account-schema.ts';

/** The pool of the plugin `oc-codex-multi-auth`: a list without aliases. Its first version differs in fields that oma does not read. */
const poolSchema = z.looseObject({
  format: z.never().optional(),
  version: z.literal([1, 3]),
  accounts: z.array(z.unknown()),
});

/** Tells whether parsed JSON is a pool of `oc-codex-multi-auth`. */
export function isPool(raw: unknown): boolean {
  return poolSchema.safeParse(raw).success;
}

/**
 * Writes a pool of `oc-codex-multi-auth` the way upstream writes its list; anything else is given back as it came.
 * Why: the two name a login alike, except for when it was renewed, so everything behind it need not know the pool.
 */
export function poolAsUpstream(raw: unknown): unknown {
  const pool = poolSchema.safeParse(raw);
  return pool.success ? { ...pool.data, version: 2, accounts: pool.data.accounts.map(entryAsUpstream) } : raw;
}

function entryAsUpstream(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null || !('tokenRotatedAt' in entry)) return entry;
  const rotatedAt = timeSchema.safeParse(entry.tokenRotatedAt);
  return rotatedAt.success ? { ...entry, lastRefresh: isoTime(rotatedAt.data) } : entry;
}
