import type { Endpoint } from './faults.ts';
import { isRefusalKind } from './faults.ts';
import { refusal, type RefusalKind } from './refusals.ts';
import { delayed, json, type Reply } from './reply.ts';
import { bearerOf, type Note, type SimRequest } from './request.ts';
import type { Seat } from './seat.ts';
import { faultDelayMs } from './spoil.ts';
import { type AccessRefusal, checkAccess } from './tokens.ts';
import { nextFault, type World } from './world.ts';

/** What is asked for behind the gate. */
export interface Asking {
  readonly endpoint: Endpoint;
  readonly now: number;
  readonly model?: string | null;
  readonly effort?: string;
  readonly inSession?: boolean;
}

/** Whether a request with a bearer gets in, and if not, what it is told. */
export type Gate =
  | { readonly kind: 'open'; readonly world: World; readonly seat: Seat; readonly note: Note }
  | { readonly kind: 'refused'; readonly world: World; readonly reply: Reply; readonly note: Note };

/** Checks armed refusals, then the bearer, then that the account header names the bearer's workspace. */
export function gate(world: World, request: SimRequest, asking: Asking): Gate {
  const access = checkAccess(world, bearerOf(request), asking.now);
  const alias = access.kind === 'valid' ? access.seat.alias : access.alias;
  const note: Note = { endpoint: asking.endpoint, alias, generation: access.generation, model: asking.model ?? null };
  const [next, armed] = nextFault(world, { stage: 'refuse', alias, ...asking });
  const context = { ...asking, model: asking.model ?? 'unknown', seat: access.kind === 'valid' ? access.seat : null };
  if (armed !== null && isRefusalKind(armed.fault.kind)) {
    const reply = refusal(armed.fault.kind, { ...context, fault: armed.fault });
    return {
      kind: 'refused',
      world: next,
      reply: delayed(reply, faultDelayMs(armed.fault)),
      note: { ...note, faultKind: armed.fault.kind },
    };
  }
  if (access.kind === 'refused')
    return {
      kind: 'refused',
      world: next,
      reply: refusedAccess(access.reason, context),
      note: { ...note, refusedFor: access.reason },
    };
  const mismatch = accountMismatch(
    request,
    access.seat,
    asking.endpoint === 'responses' && next.settings.requireAccountHeader,
  );
  if (mismatch !== null)
    return {
      kind: 'refused',
      world: next,
      reply: json(403, { detail: mismatch }),
      note: { ...note, refusedFor: 'account-mismatch' },
    };
  return { kind: 'open', world: next, seat: access.seat, note };
}

const ACCESS_REFUSALS: Readonly<Record<Exclude<AccessRefusal, 'missing' | 'garbage'>, RefusalKind>> = {
  expired: 'token-expired',
  invalidated: 'token-invalidated',
};

function refusedAccess(reason: AccessRefusal, context: { now: number; seat: Seat | null }): Reply {
  if (reason === 'missing') return unauthenticated('Missing bearer or basic authentication in header', null);
  if (reason === 'garbage') return unauthenticated('Could not parse your authentication token.', 'invalid_jwt');
  return refusal(ACCESS_REFUSALS[reason], { ...context, fault: {} });
}

function unauthenticated(message: string, code: string | null): Reply {
  return json(401, { error: { message, type: 'invalid_request_error', param: null, code } });
}

function accountMismatch(request: SimRequest, seat: Seat, required: boolean): string | null {
  const header = request.headers['chatgpt-account-id'];
  if (header === seat.accountId) return null;
  if (header === undefined) return required ? 'The header ChatGPT-Account-Id is missing.' : null;
  return 'The workspace of ChatGPT-Account-Id is not the one this token was made for.';
}
