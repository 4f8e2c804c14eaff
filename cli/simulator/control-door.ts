import * as z from 'zod';

import type { Control } from './control.ts';
import { codexAuthFile, importableStore } from './credentials.ts';
import { ENDPOINTS, faultSchema } from './faults.ts';
import { type Answer, json } from './reply.ts';
import { jsonBody, type SimRequest } from './request.ts';
import { seatSchema } from './seat.ts';

export const CONTROL_PREFIX = '/__sim/';

const OFFLINE_MAX_MS = 600_000;

/** Serves `/__sim/<operation>`: the control for other processes, by POST with a JSON body (GET for state and requests). */
export async function handleControl(control: Control, request: SimRequest): Promise<Answer> {
  const stranger = strangerProblem(request);
  if (stranger !== null) return json(403, { code: 'FORBIDDEN', message: stranger });
  const name = request.path.slice(CONTROL_PREFIX.length);
  const operation = OPERATIONS[name];
  if (operation === undefined)
    return json(404, {
      code: 'UNKNOWN_OPERATION',
      message: `Known operations: ${Object.keys(OPERATIONS).join(', ')}.`,
    });
  const params: unknown =
    request.method === 'POST' && request.body !== '' ? jsonBody(request) : Object.fromEntries(request.query);
  try {
    return json(200, (await operation(control, params)) ?? { ok: true });
  } catch (error) {
    return json(400, { code: 'INVALID_PARAMS', message: error instanceof Error ? error.message : String(error) });
  }
}

type Operation = (control: Control, params: unknown) => unknown;

const aliasSchema = z.object({ alias: z.string() });
const msSchema = z.object({ ms: z.number().int() });
const filterSchema = z.object({
  endpoint: z.enum(ENDPOINTS).optional(),
  alias: z.string().optional(),
  sinceSeq: z.coerce.number().optional(),
});
const patchSchema = z.record(z.string(), z.unknown());
const usedSchema = z.object({
  alias: z.string(),
  durationMinutes: z.number().int(),
  usedPercent: z.number().min(0).max(1000),
  limitId: z.string().optional(),
  resetsInSeconds: z.number().optional(),
});
const authFileSchema = aliasSchema.extend({ mode: z.enum(['managed', 'external']).default('managed') });

const OPERATIONS: Readonly<Record<string, Operation>> = {
  state: (control) => control.state(),
  requests: (control, params) => control.requests(filterSchema.parse(params)),
  credentials: (control, params) => control.credentials(aliasSchema.parse(params).alias),
  'codex-auth-file': (control, params) => {
    const { alias, mode } = authFileSchema.parse(params);
    return codexAuthFile(control.credentials(alias), mode);
  },
  'importable-store': (control) =>
    importableStore(control.state().seats.map((seat) => control.credentials(seat.alias))),
  'add-seat': (control, params) => control.addSeat(seatSchema.parse(params)),
  'set-seat': (control, params) => control.setSeat(aliasSchema.parse(params).alias, patchSchema.parse(params)),
  'set-used-percent': (control, params) => {
    const { alias, ...used } = usedSchema.parse(params);
    return control.setUsedPercent(alias, used);
  },
  'push-fault': (control, params) => ({ id: control.pushFault(faultSchema.parse(params)) }),
  'clear-faults': (control) => control.clearFaults(),
  'set-settings': (control, params) => control.setSettings(patchSchema.parse(params)),
  'advance-clock': (control, params) => ({ clockOffsetMs: control.advanceClock(msSchema.parse(params).ms) }),
  'set-clock-offset': (control, params) => ({ clockOffsetMs: control.setClockOffset(msSchema.parse(params).ms) }),
  'expire-access': (control, params) => control.expireAccess(aliasSchema.parse(params).alias),
  'invalidate-access': (control, params) => control.invalidateAccess(aliasSchema.parse(params).alias),
  'revoke-logins': (control, params) => control.revokeLogins(aliasSchema.parse(params).alias),
  'approve-device': (control, params) => {
    const { userCode, alias } = z.object({ userCode: z.string(), alias: z.string().nullable() }).parse(params);
    return { found: control.approveDevice(userCode, alias) };
  },
  offline: (control, params) =>
    offlineFor(control, z.object({ ms: z.number().int().min(1).max(OFFLINE_MAX_MS) }).parse(params).ms),
  reset: (control) => control.reset(),
};

// Over HTTP nobody could switch a closed port on again, so it comes back by itself.
function offlineFor(control: Control, ms: number): void {
  setImmediate(() => void control.setOffline(true));
  setTimeout(() => void control.setOffline(false), ms).unref();
}

// A web page must not be able to steer the simulator: browsers send Origin on such requests.
function strangerProblem(request: SimRequest): string | null {
  const host = (request.headers['host'] ?? '').replace(/:\d+$/, '');
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(host)) return 'The control answers only under a loopback name.';
  const origin = request.headers['origin'];
  if (origin !== undefined && origin !== request.origin) return 'The control does not answer web pages.';
  return null;
}
