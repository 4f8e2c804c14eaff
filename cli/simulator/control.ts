import { decideDevice } from './authorization.ts';
import { type SeatCredentials, signIn } from './credentials.ts';
import { type ArmedFault, armFault, type FaultInput, FAULTS_MAX } from './faults.ts';
import type { LogEntry, LogFilter, RequestLog } from './request-log.ts';
import { demoSeats, type Seat, type SeatInput, type UsageWindow } from './seat.ts';
import type { Settings } from './settings.ts';
import { cutAccess, revokeLogins } from './tokens.ts';
import { addSeat, newWorld, nextId, patchSeat, patchSettings, requireSeat, type Step, type World } from './world.ts';

/** What the simulator tells about itself. */
export interface SimulatorState {
  readonly nowMs: number;
  readonly clockOffsetMs: number;
  readonly settings: Settings;
  readonly seats: readonly Seat[];
  readonly faults: readonly ArmedFault[];
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly openRequests: number;
}

/** Which window to fill, and how far. */
export interface UsedPercent {
  readonly durationMinutes: number;
  readonly usedPercent: number;
  readonly limitId?: string | undefined;
  readonly resetsInSeconds?: number | undefined;
}

/** Everything a test or the demo can do to the simulated provider; `/__sim/*` offers the same over HTTP. */
export interface Control {
  readonly state: () => SimulatorState;
  readonly requests: (filter?: LogFilter) => readonly LogEntry[];
  /** Signs a seat in: tokens of a login that nobody else holds. */
  readonly credentials: (alias: string) => SeatCredentials;
  readonly addSeat: (seat: SeatInput) => Seat;
  readonly setSeat: (alias: string, patch: Partial<Omit<SeatInput, 'alias'>>) => Seat;
  readonly setUsedPercent: (alias: string, used: UsedPercent) => Seat;
  /** Arms a fault behind those armed before it; returns its id. */
  readonly pushFault: (fault: FaultInput) => string;
  readonly clearFaults: () => void;
  readonly setSettings: (patch: Partial<Settings>) => Settings;
  readonly advanceClock: (ms: number) => number;
  readonly setClockOffset: (ms: number) => number;
  /** Refuses every access token the seat has now; a refresh brings a good one. */
  readonly expireAccess: (alias: string) => void;
  readonly invalidateAccess: (alias: string) => void;
  /** Ends every login of the seat for good. */
  readonly revokeLogins: (alias: string) => void;
  /** Lets a device in as a seat, or refuses it with null; false: no device waits with this code. */
  readonly approveDevice: (userCode: string, alias: string | null) => boolean;
  /** Closes the port: new connections are refused until this is called with false. */
  readonly setOffline: (offline: boolean) => Promise<void>;
  /** Back to the state of the start; the log is emptied, existing logins die. */
  readonly reset: () => void;
}

/** What the control needs of the running simulator. */
export interface ControlDeps {
  readonly world: () => World;
  readonly setWorld: (world: World) => void;
  readonly now: () => number;
  readonly log: RequestLog;
  readonly setOffline: (offline: boolean) => Promise<void>;
  readonly start: { readonly salt: string; readonly seats: readonly SeatInput[]; readonly settings: Partial<Settings> };
}

/** Makes the control of a running simulator. */
export function createControl(deps: ControlDeps): Control {
  const change = (step: (world: World, now: number) => World): World => {
    const next = step(deps.world(), deps.now());
    deps.setWorld(next);
    return next;
  };
  const take = <R>(step: (world: World, now: number) => Step<R>): R => {
    const [next, result] = step(deps.world(), deps.now());
    deps.setWorld(next);
    return result;
  };
  const seatAfter = (alias: string, step: (world: World, now: number) => World): Seat =>
    requireSeat(change(step), alias);
  const forSeat = (alias: string, step: (world: World) => World): void => {
    requireSeat(deps.world(), alias);
    change(step);
  };
  const shiftClock = (offset: (world: World) => number): number =>
    change((world) => ({ ...world, clockOffsetMs: offset(world) })).clockOffsetMs;

  return {
    state: () => stateOf(deps),
    requests: (filter) => deps.log.entries(filter),
    credentials: (alias) => take((world, now) => signIn(world, alias, now)),
    addSeat: (seat) => seatAfter(seat.alias, (world, now) => addSeat(world, seat, now)),
    setSeat: (alias, patch) => seatAfter(alias, (world) => patchSeat(world, alias, patch)),
    setUsedPercent: (alias, used) =>
      seatAfter(alias, (world, now) =>
        patchSeat(world, alias, { windows: filled(requireSeat(world, alias), used, now) }),
      ),
    pushFault: (fault) => take((world) => pushFault(world, fault)),
    clearFaults: () => void change((world) => ({ ...world, faults: [] })),
    setSettings: (patch) => change((world) => patchSettings(world, patch)).settings,
    advanceClock: (ms) => shiftClock((world) => world.clockOffsetMs + ms),
    setClockOffset: (ms) => shiftClock(() => ms),
    expireAccess: (alias) => forSeat(alias, (world) => cutAccess(world, alias, 'expired')),
    invalidateAccess: (alias) => forSeat(alias, (world) => cutAccess(world, alias, 'invalidated')),
    revokeLogins: (alias) => forSeat(alias, (world) => revokeLogins(world, alias)),
    approveDevice: (userCode, alias) => take((world) => decideDevice(world, userCode, alias)),
    setOffline: (offline) => deps.setOffline(offline),
    reset() {
      deps.log.clear();
      change((world, now) => restarted(world, deps.start, now));
    },
  };
}

function stateOf(deps: ControlDeps): SimulatorState {
  const { clockOffsetMs, settings, seats, faults } = deps.world();
  return {
    nowMs: deps.now(),
    clockOffsetMs,
    settings,
    seats,
    faults,
    counts: deps.log.counts(),
    openRequests: deps.log.openCount(),
  };
}

function pushFault(world: World, input: FaultInput): Step<string> {
  if (world.faults.length >= FAULTS_MAX) throw new RangeError(`At most ${FAULTS_MAX} faults can be armed.`);
  const [named, id] = nextId(world, 'fault_');
  return [{ ...named, faults: [...named.faults, armFault(id, input)] }, id];
}

function filled(seat: Seat, used: UsedPercent, now: number): readonly UsageWindow[] {
  const fits = (window: UsageWindow) =>
    window.durationMinutes === used.durationMinutes && window.limitId === (used.limitId ?? 'codex');
  if (!seat.windows.some(fits))
    throw new RangeError(`Seat "${seat.alias}" has no window of ${used.durationMinutes} minutes.`);
  const lengthMs = used.resetsInSeconds === undefined ? used.durationMinutes * 60_000 : used.resetsInSeconds * 1_000;
  return seat.windows.map((window) =>
    fits(window) ? { ...window, usedPercent: used.usedPercent, resetsAtMs: now + lengthMs } : window,
  );
}

// The serial goes on: an id of before the reset is never made again, so an old token cannot fit a new login.
function restarted(world: World, start: ControlDeps['start'], now: number): World {
  const families = new Map([...world.families].map(([id, family]) => [id, { ...family, revoked: true }]));
  return {
    ...newWorld(
      { salt: start.salt, seats: start.seats.length > 0 ? start.seats : demoSeats(4), settings: start.settings },
      now,
    ),
    serial: world.serial,
    families,
  };
}
