import {
  handleAccountsCheck,
  handleBackendOther,
  handleModels,
  handleResetCredits,
  handleUsage,
  handleUserSettings,
} from './account.ts';
import { handleDevicePage, handleDeviceToken, handleDeviceUserCode } from './device.ts';
import { type Endpoint, isRefusalKind } from './faults.ts';
import { refusal } from './refusals.ts';
import { delayed, json } from './reply.ts';
import type { Handled, Handler, SimRequest } from './request.ts';
import { handleResponses } from './responses.ts';
import { handleAuthorize, handleRevoke, handleUserinfo } from './sign-in.ts';
import { faultDelayMs, plainReply } from './spoil.ts';
import { handleToken } from './token-endpoint.ts';
import { nextFault, type World } from './world.ts';

/** Answers one request: the whole simulated provider as a function. */
export function handle(world: World, request: SimRequest, now: number): Handled {
  const handler = ROUTES[`${request.method} ${request.path}`];
  if (handler !== undefined) return handler(world, request, now);
  if (request.path.startsWith('/backend-api/')) return handleBackendOther(world, request, now);
  return {
    world,
    reply: json(404, { detail: 'Not Found' }),
    note: { endpoint: 'unknown', refusedFor: 'unknown path' },
  };
}

const ROUTES: Readonly<Record<string, Handler>> = {
  'GET /oauth/authorize': faulty('authorize', handleAuthorize),
  'POST /oauth/token': handleToken,
  'POST /oauth/revoke': faulty('revoke', handleRevoke),
  'GET /userinfo': handleUserinfo,
  'POST /api/accounts/deviceauth/usercode': faulty('device-usercode', handleDeviceUserCode),
  'POST /api/accounts/deviceauth/token': faulty('device-token', handleDeviceToken),
  'GET /codex/device': faulty('device-page', handleDevicePage),
  'POST /backend-api/codex/responses': handleResponses,
  'GET /backend-api/codex/models': handleModels,
  'GET /backend-api/codex/usage': handleUsage,
  'GET /backend-api/wham/usage': handleUsage,
  'GET /backend-api/wham/accounts/check': handleAccountsCheck,
  'GET /backend-api/wham/settings/user': handleUserSettings,
  'GET /backend-api/wham/rate-limit-reset-credits': handleResetCredits,
};

// Endpoints without a bearer know no seat; their faults need nothing but the endpoint.
function faulty(endpoint: Endpoint, serve: Handler): Handler {
  return (world, request, now) => {
    const [open, armed] = nextFault(world, { stage: 'refuse', endpoint });
    if (armed !== null && isRefusalKind(armed.fault.kind)) {
      const reply = delayed(refusal(armed.fault.kind, { now, fault: armed.fault }), faultDelayMs(armed.fault));
      return { world: open, reply, note: { endpoint, faultKind: armed.fault.kind } };
    }
    const handled = serve(open, request, now);
    const [next, spoiled] = nextFault(handled.world, { stage: 'answer', endpoint });
    if (spoiled === null || handled.reply.kind !== 'answer') return { ...handled, world: next };
    const note = { ...handled.note, faultKind: spoiled.fault.kind };
    return { world: next, reply: plainReply(handled.reply, spoiled.fault), note };
  };
}
