import { residencyOf } from '../../contract/token-claims.ts';
import type { Credentials } from '../core/state.ts';

/** Tells the residency header that credentials need; null = none. */
export type Residencies = (credentials: Credentials) => string | null;

/** Remembers the answer as long as the credentials live. Why: a token is long, and a lease is asked for far more often than tokens change. */
export function createResidencies(): Residencies {
  const known = new WeakMap<Credentials, string | null>();
  return (credentials) => {
    const before = known.get(credentials);
    if (before !== undefined) return before;
    const residency = residencyOf(credentials.accessToken);
    known.set(credentials, residency);
    return residency;
  };
}
