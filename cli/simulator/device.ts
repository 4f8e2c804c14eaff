import { decideDevice, type DevicePoll, pollDevice, startDevice } from './authorization.ts';
import { deviceCodePage, messagePage, signInPage } from './pages.ts';
import { html, json, type Reply } from './reply.ts';
import { fields, type Handled, type Note, type SimRequest } from './request.ts';
import { findSeat, type World } from './world.ts';

/** Starts a device login as the codex CLI asks for it. */
export function handleDeviceUserCode(world: World, _request: SimRequest, now: number): Handled {
  const note: Note = { endpoint: 'device-usercode' };
  if (!world.settings.deviceLogin) {
    return { world, reply: json(404, { detail: 'Not Found' }), note: { ...note, refusedFor: 'device login is off' } };
  }
  const [next, device] = startDevice(world, now);
  const body = {
    device_auth_id: device.deviceId,
    user_code: device.userCode,
    interval: String(world.settings.deviceIntervalSeconds),
    expires_at: new Date(device.expiresAtMs).toISOString(),
  };
  return { world: next, reply: json(200, body), note };
}

/** Tells a polling device whether somebody has approved it. */
export function handleDeviceToken(world: World, request: SimRequest, now: number): Handled {
  const given = fields(request);
  const ask = { deviceId: given['device_auth_id'] ?? '', userCode: given['user_code'] ?? '', origin: request.origin };
  const [next, poll] = pollDevice(world, ask, now);
  const note: Note = { endpoint: 'device-token' };
  return {
    world: next,
    reply: devicePollReply(poll),
    note: poll.kind === 'approved' ? note : { ...note, refusedFor: poll.kind },
  };
}

/** Serves the page where a person types the device's code and says who they are. */
export function handleDevicePage(world: World, request: SimRequest): Handled {
  const note = { endpoint: 'device-page' as const };
  const userCode = request.query.get('user_code');
  if (userCode === null) return { world, reply: html(200, deviceCodePage(null)), note };
  const chosen = request.query.get('sim_user') ?? world.settings.autoApprove;
  if (chosen === null)
    return { world, reply: html(200, signInPage('Let the device in as', world.seats, { user_code: userCode })), note };
  const alias = findSeat(world, chosen)?.alias ?? null;
  const [next, found] = decideDevice(world, userCode, alias);
  if (!found)
    return {
      world,
      reply: html(404, deviceCodePage('No device waits with this code.')),
      note: { ...note, refusedFor: 'unknown code' },
    };
  const text = alias === null ? 'The device was refused.' : 'The device is signed in. You can close this page.';
  return { world: next, reply: html(200, messagePage('Done', text)), note: { ...note, alias } };
}

function devicePollReply(poll: DevicePoll): Reply {
  if (poll.kind === 'approved')
    return json(200, { authorization_code: poll.code, code_challenge: poll.challenge, code_verifier: poll.verifier });
  if (poll.kind === 'pending')
    return json(403, deviceError('deviceauth_authorization_pending', 'The device is not approved yet.'));
  if (poll.kind === 'denied') return json(400, deviceError('deviceauth_denied', 'The person refused the device.'));
  if (poll.kind === 'expired') return json(400, deviceError('deviceauth_expired', 'The code has expired.'));
  return json(404, deviceError('deviceauth_unknown', 'There is no such device login.'));
}

function deviceError(code: string, message: string) {
  return { error: { message, type: 'invalid_request_error', param: null, code } };
}
