import type { Endpoint } from './faults.ts'
import { isRefusalKind } from './faults.ts'
import { refusal, type RefusalKind } from './refusals.ts'
import { delayed, json, type Reply } from './reply.ts'
import { bearerOf, type Note, type SimRequest } from './request.ts'
import type { Seat } from './seat.ts'
import { faultDelayMs } from './spoil.ts'
import { type AccessRefusal, checkAccess } from './tokens.ts'
import { nextFault, type World } from './world.ts'

/** What is asked for behind the gate. */
export interface Asking {
  readonly endpoint: Endpoint
  readonly model: string | null
  readonly effort: string
  readonly now: number
}

/** Whether a request with a bearer gets in, and if not, what it is told. */
export type Gate =
  | { readonly kind: 'open'; readonly world: World; readonly seat: Seat; readonly note: Note }
  | { readonly kind: 'refused'; readonly world: World; readonly reply: Reply; readonly note: Note }

/** Checks armed refusals, then the bearer, then that the account header names the bearer's workspace. */
export function gate(world: World, request: SimRequest, asking: Asking): Gate {
  const access = checkAccess(world, bearerOf(request), asking.now)
  const alias = access.kind === 'valid' ? access.seat.alias : access.alias
  const note: Note = { endpoint: asking.endpoint, alias, generation: access.generation, model: asking.model }
  const [next, armed] = nextFault(world, { stage: 'refuse', endpoint: asking.endpoint, alias, model: asking.model })
  const context = { now: asking.now, seat: access.kind === 'valid' ? access.seat : null, model: asking.model ?? 'unknown', effort: asking.effort }
  if (armed !== null && isRefusalKind(armed.fault.kind)) {
    const reply = refusal(armed.fault.kind, { ...context, fault: armed.fault })
    return { kind: 'refused', world: next, reply: delayed(reply, faultDelayMs(armed.fault)), note: { ...note, faultKind: armed.fault.kind } }
  }
  if (access.kind === 'refused') return { kind: 'refused', world: next, reply: refusedAccess(access.reason, context), note: { ...note, refusedFor: access.reason } }
  const mismatch = accountMismatch(request, access.seat, asking.endpoint === 'responses' && next.settings.requireAccountHeader)
  if (mismatch !== null) return { kind: 'refused', world: next, reply: json(403, { detail: mismatch }), note: { ...note, refusedFor: 'account-mismatch' } }
  return { kind: 'open', world: next, seat: access.seat, note }
}

const ACCESS_REFUSALS: Readonly<Record<Exclude<AccessRefusal, 'missing' | 'garbage'>, RefusalKind>> = {
  expired: 'token-expired',
  invalidated: 'token-invalidated',
}

function refusedAccess(reason: AccessRefusal, context: { now: number; seat: Seat | null; model: string; effort: string }): Reply {
  if (reason === 'missing') return json(401, { error: { message: 'Missing bearer or basic authentication in header', type: 'invalid_request_error', param: null, code: null } })
  if (reason === 'garbage') return json(401, { error: { message: 'Could not parse your authentication token. Please try signing in again.', type: null, code: 'invalid_jwt', param: null }, status: 401 })
  return refusal(ACCESS_REFUSALS[reason], { ...context, fault: {} })
}

function accountMismatch(request: SimRequest, seat: Seat, required: boolean): string | null {
  const header = request.headers['chatgpt-account-id']
  if (header === seat.accountId) return null
  if (header === undefined) return required ? 'The header ChatGPT-Account-Id is missing.' : null
  return 'The workspace of ChatGPT-Account-Id is not the one this token was made for.'
}
