import type * as z from 'zod';

import { type ErrorCode, isOmaError, OmaError } from '../contract/errors.ts';
import type { OutcomeKind } from '../contract/failure.ts';
import { noEligibleDetailsSchema } from '../contract/lease.ts';
import type { Alias, EpochMs } from '../contract/scalars.ts';
import { unretryable } from './retry-words.ts';
import { becauseText, whenText } from './words.ts';

/** Who cannot serve, why, and who is back first. */
export type NoEligible = z.output<typeof noEligibleDetailsSchema>;

/** One account that a request tried in vain. */
export interface Tried {
  readonly alias: Alias;
  readonly kind: Exclude<OutcomeKind, 'success'>;
  readonly retryAtMs: EpochMs | null;
}

/** Accounts that a message names; the others are counted. */
const NAMED_MAX = 8;

/**
 * Answers the host in oma's own name.
 * Why: status 400 without a word that the host takes for a passing failure is shown to the user at once; anything
 * else is sent again, up to five times.
 */
export function refusal(code: ErrorCode, message: string): Response {
  const body = { error: { type: 'oma', code, message: unretryable(message) } };
  return new Response(JSON.stringify(body), { status: 400, headers: { 'content-type': 'application/json' } });
}

/** Refuses because the supervisor did: nobody eligible, not running, or whatever it named. */
export function refusalFor(error: OmaError, now: EpochMs): Response {
  const details = noEligibleOf(error);
  if (details !== null) return refusal(error.code, noEligibleText(details, now));
  if (error.code === 'SUPERVISOR_NOT_RUNNING')
    return refusal(error.code, 'oma supervisor is not running: run `oma up`.');
  return refusal(error.code, `oma: ${error.message}`);
}

/** Refuses because every account that could serve was tried; none = its supervisor was lost each time. */
export function refusalAfter(tried: readonly Tried[], now: EpochMs): Response {
  if (tried.length === 0)
    return refusal(
      'CONNECTION_CLOSED',
      'oma lost its supervisor during this request. Send the message again; see `oma status`.',
    );
  const accounts = tried.map(
    ({ alias, kind, retryAtMs }) => `${alias} ${becauseText(kind)}${backText(retryAtMs, now)}`,
  );
  return refusal(
    'NO_ELIGIBLE_ACCOUNTS',
    `oma tried ${accounts.length === 1 ? 'one account' : `${accounts.length} accounts`} in vain: ${listText(accounts)}. See \`oma status\`.`,
  );
}

/** Reads why nobody can serve out of the supervisor's refusal; null = the error is another one. */
export function noEligibleOf(error: unknown): NoEligible | null {
  if (!isOmaError(error, 'NO_ELIGIBLE_ACCOUNTS')) return null;
  return (
    noEligibleDetailsSchema.safeParse(error.details).data ?? {
      accounts: [],
      earliestRecovery: null,
      earliestRecoveryMs: null,
      earliestAlias: null,
    }
  );
}

function noEligibleText({ accounts, earliestRecoveryMs, earliestAlias }: NoEligible, now: EpochMs): string {
  if (accounts.length === 0) return 'oma has no account yet: run `oma add NAME`.';
  const named = listText(accounts.map((account) => blockedText(account, now)));
  if (earliestAlias === null || earliestRecoveryMs === null)
    return `No account can serve this now: ${named}. None comes back by itself: see \`oma list\`.`;
  const first = accounts.length > 1 ? ` ${earliestAlias} is back first.` : '';
  return `No account can serve this now: ${named}.${first}`;
}

function blockedText({ alias, blockers }: NoEligible['accounts'][number], now: EpochMs): string {
  const lasting = blockers.find(({ code }) => code === 'disabled' || code === 'needs-login');
  if (lasting?.code === 'needs-login') return `${alias} ${becauseText(lasting.code)} (\`oma reauth ${alias}\`)`;
  if (lasting !== undefined) return `${alias} ${becauseText(lasting.code)}`;
  const [worst] = blockers.toSorted((a, b) => instantOf(b.until) - instantOf(a.until));
  if (worst === undefined) return `${alias} ${becauseText(null)}`;
  const reason = worst.code === 'cooldown' || worst.code === 'excluded' ? (worst.detail ?? worst.code) : worst.code;
  return `${alias} ${becauseText(reason)}${backText(worst.until === null ? null : instantOf(worst.until), now)}`;
}

function backText(at: EpochMs | null, now: EpochMs): string {
  return at === null || at <= now ? '' : `, back ${whenText(at, now)}`;
}

function instantOf(iso: string | null): EpochMs {
  return iso === null ? 0 : Date.parse(iso);
}

function listText(entries: readonly string[]): string {
  const named = entries.slice(0, NAMED_MAX).join('; ');
  return entries.length > NAMED_MAX ? `${named}; and ${entries.length - NAMED_MAX} more` : named;
}
