import type { Endpoint } from './faults.ts';
import { gate } from './gate.ts';
import { modelsBody } from './models.ts';
import { json } from './reply.ts';
import type { Handled, Handler, SimRequest } from './request.ts';
import type { Seat } from './seat.ts';
import { plainReply } from './spoil.ts';
import { usageBody } from './windows.ts';
import { nextFault, type World } from './world.ts';

/** `GET /wham/usage` and `/codex/usage`: the windows of every meter; costs nothing. */
export const handleUsage = reading('usage', (seat, now) => usageBody(seat, now));

/** `GET /wham/rate-limit-reset-credits`. */
export const handleResetCredits = reading('reset-credits', () => ({ available_count: 0, credits: [] }));

/** `GET /wham/settings/user`. */
export const handleUserSettings = reading('user-settings', () => ({
  git_diff_mode: 'unified',
  code_review_preference: 'off',
}));

/** `GET /codex/models`. */
export const handleModels = reading('models', (seat) => modelsBody(seat.allowedModels));

// codex insists on an https origin here and sends model requests there when its two base URLs share one origin: a closed port, so that a
// wrong configuration fails on this machine instead of reaching the real provider.
const WORKSPACE_ORIGIN = 'https://127.0.0.1:9';

/** `GET /wham/accounts/check`: where the workspace of the bearer is served. */
export const handleAccountsCheck = reading('accounts-check', (seat) => ({
  accounts: [
    {
      id: seat.accountId,
      name: seat.workspaceName,
      structure: seat.planType === 'team' ? 'workspace' : 'personal',
      plan_type: seat.planType,
      workspace_backend_origin: WORKSPACE_ORIGIN,
      account_routing_override: 'NO_CONSTRAINT',
    },
  ],
  default_account_id: seat.accountId,
}));

/** Whatever else a client asks the backend for: known to nobody. */
export const handleBackendOther: Handler = (world, request, now) => {
  const gated = gate(world, request, { endpoint: 'backend-other', now });
  if (gated.kind === 'refused') return { world: gated.world, reply: gated.reply, note: gated.note };
  return {
    world: gated.world,
    reply: json(404, { detail: 'Not Found' }),
    note: { ...gated.note, refusedFor: 'unknown path' },
  };
};

function reading(endpoint: Endpoint, body: (seat: Seat, now: number) => unknown): Handler {
  return (world: World, request: SimRequest, now: number): Handled => {
    const gated = gate(world, request, { endpoint, now });
    if (gated.kind === 'refused') return { world: gated.world, reply: gated.reply, note: gated.note };
    const [next, armed] = nextFault(gated.world, { stage: 'answer', endpoint, alias: gated.seat.alias });
    const answer = json(200, body(gated.seat, now));
    return {
      world: next,
      reply: plainReply(answer, armed?.fault ?? null),
      note: armed === null ? gated.note : { ...gated.note, faultKind: armed.fault.kind },
    };
  };
}
