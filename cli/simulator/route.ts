import { handleAccountsCheck, handleBackendOther, handleModels, handleResetCredits, handleUsage, handleUserSettings } from './account.ts'
import { handleAuthorize, handleDevicePage, handleDeviceToken, handleDeviceUserCode, handleRevoke, handleUserinfo } from './issuer.ts'
import { json } from './reply.ts'
import type { Handled, Handler, SimRequest } from './request.ts'
import { handleResponses } from './responses.ts'
import { handleToken } from './token-endpoint.ts'
import type { World } from './world.ts'

/** Answers one request: the whole simulated provider as a function. */
export function handle(world: World, request: SimRequest, now: number): Handled {
  const handler = ROUTES[`${request.method} ${request.path}`]
  if (handler !== undefined) return handler(world, request, now)
  if (request.path.startsWith('/backend-api/')) return handleBackendOther(world, request, now)
  return { world, reply: json(404, { detail: 'Not Found' }), note: { endpoint: 'unknown', refusedFor: 'unknown path' } }
}

const ROUTES: Readonly<Record<string, Handler>> = {
  'GET /oauth/authorize': handleAuthorize,
  'POST /oauth/token': handleToken,
  'POST /oauth/revoke': handleRevoke,
  'GET /userinfo': handleUserinfo,
  'POST /api/accounts/deviceauth/usercode': handleDeviceUserCode,
  'POST /api/accounts/deviceauth/token': handleDeviceToken,
  'GET /codex/device': handleDevicePage,
  'POST /backend-api/codex/responses': handleResponses,
  'GET /backend-api/codex/models': handleModels,
  'GET /backend-api/codex/usage': handleUsage,
  'GET /backend-api/wham/usage': handleUsage,
  'GET /backend-api/wham/accounts/check': handleAccountsCheck,
  'GET /backend-api/wham/settings/user': handleUserSettings,
  'GET /backend-api/wham/rate-limit-reset-credits': handleResetCredits,
}
