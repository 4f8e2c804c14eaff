import { createHash } from 'node:crypto';

import { type ArmedFault, type FaultQuestion, takeFault } from './faults.ts';
import { type Seat, type SeatInput, SEATS_MAX, seatSchema } from './seat.ts';
import { type Settings, settingsSchema } from './settings.ts';
import { currentWindow } from './windows.ts';

/** Everything the simulated provider knows; a value, changed by returning a new one. */
export interface World {
  readonly salt: string;
  readonly serial: number;
  readonly clockOffsetMs: number;
  readonly settings: Settings;
  readonly seats: readonly Seat[];
  readonly families: ReadonlyMap<string, Family>;
  readonly authorizations: ReadonlyMap<string, Authorization>;
  readonly devices: ReadonlyMap<string, DeviceLogin>;
  readonly prompts: ReadonlyMap<string, CachedPrompt>;
  readonly faults: readonly ArmedFault[];
}

/** One login: its refresh tokens replace each other, one generation after the other. */
export interface Family {
  readonly alias: string;
  readonly generation: number;
  readonly revoked: boolean;
  /** Access tokens up to this generation are refused for the reason given. */
  readonly accessCutoff: { readonly generation: number; readonly reason: 'expired' | 'invalidated' } | null;
}

/** A code that a person's consent made, to be exchanged once. */
export interface Authorization {
  readonly alias: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly expiresAtMs: number;
}

/** A device login: waiting until `alias` says who approved it. */
export interface DeviceLogin {
  readonly userCode: string;
  readonly alias: string | null;
  readonly denied: boolean;
  readonly expiresAtMs: number;
}

/** A prompt prefix that a seat has served lately. */
export interface CachedPrompt {
  readonly atMs: number;
  readonly tokens: number;
}

export interface WorldInput {
  readonly salt: string;
  readonly seats: readonly SeatInput[];
  readonly settings?: Partial<Settings>;
}

/** A change and what it led to. */
export type Step<R> = readonly [World, R];

/** Makes a world with these seats and nothing else in it. */
export function newWorld(input: WorldInput, now: number): World {
  const empty: World = {
    salt: input.salt,
    serial: 0,
    clockOffsetMs: 0,
    settings: settingsSchema.parse(input.settings ?? {}),
    seats: [],
    families: new Map(),
    authorizations: new Map(),
    devices: new Map(),
    prompts: new Map(),
    faults: [],
  };
  return input.seats.reduce((world, seat) => addSeat(world, seat, now), empty);
}

/** Adds a seat; its alias and its (workspace, person) pair must be new. */
export function addSeat(world: World, input: SeatInput, now: number): World {
  const seat = anchored(seatSchema.parse(input), now);
  if (world.seats.length >= SEATS_MAX) throw new RangeError(`The simulator holds at most ${SEATS_MAX} seats.`);
  if (world.seats.some((other) => other.alias === seat.alias))
    throw new RangeError(`Seat "${seat.alias}" exists already.`);
  if (world.seats.some((other) => isSamePerson(other, seat)))
    throw new RangeError(`Another seat has ${seat.accountId} and ${seat.userId} already.`);
  return { ...world, seats: [...world.seats, seat] };
}

/** Changes some fields of a seat. */
export function patchSeat(world: World, alias: string, patch: Readonly<Record<string, unknown>>): World {
  const seat = seatSchema.parse({ ...requireSeat(world, alias), ...patch, alias });
  return replaceSeat(world, seat);
}

/** Changes some settings. */
export function patchSettings(world: World, patch: Readonly<Record<string, unknown>>): World {
  return { ...world, settings: settingsSchema.parse({ ...world.settings, ...patch }) };
}

/** Replaces the seat of the same alias. */
export function replaceSeat(world: World, seat: Seat): World {
  return { ...world, seats: world.seats.map((other) => (other.alias === seat.alias ? seat : other)) };
}

export function findSeat(world: World, alias: string): Seat | undefined {
  return world.seats.find((seat) => seat.alias === alias);
}

export function requireSeat(world: World, alias: string): Seat {
  const seat = findSeat(world, alias);
  if (seat === undefined)
    throw new RangeError(
      `There is no simulated seat "${alias}". Known: ${world.seats.map((known) => known.alias).join(', ')}.`,
    );
  return seat;
}

/** Makes an id that no other call of this run makes. */
export function nextId(world: World, prefix: string): Step<string> {
  const id = createHash('sha256').update(`${world.salt}:${world.serial}`).digest('hex').slice(0, 24);
  return [{ ...world, serial: world.serial + 1 }, `${prefix}${id}`];
}

/** Takes the first fault that fits, using up one of its times. */
export function nextFault(world: World, question: FaultQuestion): Step<ArmedFault | null> {
  const [faults, fault] = takeFault(world.faults, question);
  return [faults === world.faults ? world : { ...world, faults }, fault];
}

/** Adds or changes an entry of a map that holds at most `max`: the oldest gives way. */
export function put<V>(map: ReadonlyMap<string, V>, entry: readonly [string, V], max: number): ReadonlyMap<string, V> {
  const next = new Map(map).set(...entry);
  const [oldest] = next.keys();
  if (next.size > max && oldest !== undefined) next.delete(oldest);
  return next;
}

/** Leaves an entry of a map out. */
export function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const next = new Map(map);
  next.delete(key);
  return next;
}

function isSamePerson(a: Seat, b: Seat): boolean {
  return a.accountId === b.accountId && a.userId === b.userId;
}

// A window that is partly used has a reset of its own, or its countdown would start anew with every look at it.
function anchored(seat: Seat, now: number): Seat {
  return {
    ...seat,
    windows: seat.windows.map((window) => (window.usedPercent > 0 ? currentWindow(window, now) : window)),
  };
}
