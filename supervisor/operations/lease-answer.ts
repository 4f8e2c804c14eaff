import type { Lease } from '../../contract/lease.ts';
import { residencyOf } from '../../contract/token-claims.ts';
import type { Credentials } from '../core/state.ts';

declare global {
  interface JSON {
    /** Makes a value that `JSON.stringify` writes as it stands; V8 has it, the library of TypeScript does not know it yet. */
    rawJSON: (text: string) => object;
  }
}

/** What a lease says of the credentials it hands out. Shape: `residency` null = no header; `tokenJson` is the access token, escaped. */
export interface TokenFacts {
  readonly residency: string | null;
  readonly tokenJson: object;
}

/** Looks at the token of credentials. */
export type ReadToken = (credentials: Credentials) => TokenFacts;

/** Remembers what was read as long as the credentials live. Why: a token is long, and a lease is asked for far more often than tokens change. */
export function createTokenReader(): ReadToken {
  const known = new WeakMap<Credentials, TokenFacts>();
  return (credentials) => {
    const before = known.get(credentials);
    if (before !== undefined) return before;
    const { accessToken } = credentials;
    const facts = { residency: residencyOf(accessToken), tokenJson: JSON.rawJSON(JSON.stringify(accessToken)) };
    known.set(credentials, facts);
    return facts;
  };
}

/**
 * A lease on its way to a client.
 * Why: V8 escapes a string character by character, which for the two kilobytes of a token takes longer than the choice of the account;
 * so the token goes into the message as it was escaped once.
 */
export class LeaseAnswer implements Lease {
  readonly leaseId: Lease['leaseId'];
  readonly alias: Lease['alias'];
  readonly accessToken: Lease['accessToken'];
  readonly tokenExpiresAtMs: Lease['tokenExpiresAtMs'];
  readonly accountId: Lease['accountId'];
  readonly residency: Lease['residency'];
  readonly baseUrl: Lease['baseUrl'];
  readonly attemptsMax: Lease['attemptsMax'];
  readonly movedFrom: Lease['movedFrom'];
  readonly movedBecause: Lease['movedBecause'];
  readonly #tokenJson: object;

  constructor(lease: Lease, tokenJson: object) {
    this.leaseId = lease.leaseId;
    this.alias = lease.alias;
    this.accessToken = lease.accessToken;
    this.tokenExpiresAtMs = lease.tokenExpiresAtMs;
    this.accountId = lease.accountId;
    this.residency = lease.residency;
    this.baseUrl = lease.baseUrl;
    this.attemptsMax = lease.attemptsMax;
    this.movedFrom = lease.movedFrom;
    this.movedBecause = lease.movedBecause;
    this.#tokenJson = tokenJson;
  }

  /** Gives the same fields, with the token as it is escaped already. */
  toJSON(): object {
    return Object.assign({}, this, { accessToken: this.#tokenJson });
  }
}
