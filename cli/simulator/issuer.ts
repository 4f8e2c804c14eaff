import {
  type AuthorizeQuestion,
  authorizeProblem,
  consent,
  decideDevice,
  type DevicePoll,
  pollDevice,
  startDevice,
} from './authorization.ts'
import { type Endpoint, isRefusalKind } from './faults.ts'
import { gate } from './gate.ts'
import { deviceCodePage, messagePage, signInPage } from './pages.ts'
import { refusal } from './refusals.ts'
import { delayed, html, json, redirect, type Reply } from './reply.ts'
import { fields, type Handled, type SimRequest } from './request.ts'
import { faultDelayMs } from './spoil.ts'
import { revokeToken } from './tokens.ts'
import { findSeat, nextFault, type World } from './world.ts'

/** Serves the sign-in page, and the redirect a click on it (or `?sim_user=`) leads to. */
export function handleAuthorize(world: World, request: SimRequest, now: number): Handled {
  const { query } = request
  const question = authorizeQuestion(query)
  const note = { endpoint: 'authorize' as const }
  const problem = authorizeProblem(world.settings, question)
  if (problem !== null) return { world, reply: html(400, messagePage('Sign-in is not possible', problem)), note: { ...note, refusedFor: problem } }
  const chosen = query.get('sim_user') ?? world.settings.autoApprove
  if (chosen === null) return { world, reply: html(200, signInPage('Sign in', world.seats, Object.fromEntries(query))), note }
  const seat = findSeat(world, chosen)
  const back = new URL(question.redirectUri)
  back.searchParams.set('state', question.state)
  if (seat === undefined) {
    back.searchParams.set('error', 'access_denied')
    back.searchParams.set('error_description', 'The person did not sign in.')
    return { world, reply: redirect(back.href), note: { ...note, refusedFor: 'access_denied' } }
  }
  const [next, code] = consent(world, question, { alias: seat.alias, now })
  back.searchParams.set('code', code)
  back.searchParams.set('scope', query.get('scope') ?? 'openid profile email offline_access')
  return { world: next, reply: redirect(back.href), note: { ...note, alias: seat.alias } }
}

/** Starts a device login as the codex CLI asks for it. */
export function handleDeviceUserCode(world: World, _request: SimRequest, now: number): Handled {
  return withFaults(world, 'device-usercode', (open) => {
    const note = { endpoint: 'device-usercode' as const }
    if (!open.settings.deviceLogin) return { world: open, reply: json(404, { detail: 'Not Found' }), note: { ...note, refusedFor: 'device login is off' } }
    const [next, device] = startDevice(open, now)
    const body = {
      device_auth_id: device.deviceId,
      user_code: device.userCode,
      usercode: device.userCode,
      interval: String(open.settings.deviceIntervalSeconds),
      expires_at: new Date(device.expiresAtMs).toISOString(),
    }
    return { world: next, reply: json(200, body), note }
  })
}

/** Tells a polling device whether somebody has approved it. */
export function handleDeviceToken(world: World, request: SimRequest, now: number): Handled {
  return withFaults(world, 'device-token', (open) => {
    const given = fields(request)
    const ask = { deviceId: given['device_auth_id'] ?? '', userCode: given['user_code'] ?? '', origin: request.origin }
    const [next, poll] = pollDevice(open, ask, now)
    return { world: next, reply: devicePollReply(poll), note: { endpoint: 'device-token', ...(poll.kind === 'approved' ? {} : { refusedFor: poll.kind }) } }
  })
}

/** Serves the page where a person types the device's code and says who they are. */
export function handleDevicePage(world: World, request: SimRequest): Handled {
  const note = { endpoint: 'device-page' as const }
  const userCode = request.query.get('user_code')
  if (userCode === null) return { world, reply: html(200, deviceCodePage(null)), note }
  const chosen = request.query.get('sim_user') ?? world.settings.autoApprove
  if (chosen === null) return { world, reply: html(200, signInPage('Let the device in as', world.seats, { user_code: userCode })), note }
  const alias = findSeat(world, chosen)?.alias ?? null
  const [next, found] = decideDevice(world, userCode, alias)
  if (!found) return { world, reply: html(404, deviceCodePage('No device waits with this code.')), note: { ...note, refusedFor: 'unknown code' } }
  const text = alias === null ? 'The device was refused.' : 'The device is signed in. You can close this page.'
  return { world: next, reply: html(200, messagePage('Done', text)), note: { ...note, alias } }
}

/** Ends the login a token belongs to. */
export function handleRevoke(world: World, request: SimRequest): Handled {
  return { world: revokeToken(world, fields(request)['token'] ?? ''), reply: json(200, {}), note: { endpoint: 'revoke' } }
}

/** Says who a bearer is. */
export function handleUserinfo(world: World, request: SimRequest, now: number): Handled {
  const gated = gate(world, request, { endpoint: 'userinfo', model: null, effort: '', now })
  if (gated.kind === 'refused') return { world: gated.world, reply: gated.reply, note: gated.note }
  const { seat } = gated
  return { world: gated.world, reply: json(200, { sub: `auth0|${seat.userId}`, email: seat.email, email_verified: true, name: seat.email }), note: gated.note }
}

function authorizeQuestion(query: URLSearchParams): AuthorizeQuestion {
  const read = (name: string) => query.get(name) ?? ''
  return {
    responseType: read('response_type'),
    clientId: read('client_id'),
    redirectUri: read('redirect_uri'),
    challenge: read('code_challenge'),
    challengeMethod: read('code_challenge_method'),
    state: read('state'),
  }
}

function withFaults(world: World, endpoint: Endpoint, serve: (open: World) => Handled): Handled {
  const [next, armed] = nextFault(world, { stage: 'refuse', endpoint, alias: null, model: null })
  if (armed === null || !isRefusalKind(armed.fault.kind)) return serve(next)
  const reply = refusal(armed.fault.kind, { now: 0, seat: null, model: '', effort: '', fault: armed.fault })
  return { world: next, reply: delayed(reply, faultDelayMs(armed.fault)), note: { endpoint, faultKind: armed.fault.kind } }
}

function devicePollReply(poll: DevicePoll): Reply {
  if (poll.kind === 'approved') return json(200, { authorization_code: poll.code, code_challenge: poll.challenge, code_verifier: poll.verifier })
  if (poll.kind === 'pending') return json(403, deviceError('deviceauth_authorization_pending', 'The device is not approved yet.'))
  if (poll.kind === 'denied') return json(400, deviceError('deviceauth_denied', 'The person refused the device.'))
  if (poll.kind === 'expired') return json(400, deviceError('deviceauth_expired', 'The code has expired.'))
  return json(404, deviceError('deviceauth_unknown', 'There is no such device login.'))
}

function deviceError(code: string, message: string) {
  return { error: { message, type: 'invalid_request_error', param: null, code } }
}
