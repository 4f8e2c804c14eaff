import type { Hello } from '../contract/handshake.ts';
import type { EpochMs } from '../contract/scalars.ts';
import type { ClockWatch } from './clock-watch.ts';

/** The ports that the provider has registered for this client; no other one can finish a browser login. */
export const CALLBACK_PORTS = [1455, 1457] as const;

/** What the worker needs of the world; tests pass their own clock and ports. */
export interface Deps {
  readonly fetch: typeof globalThis.fetch;
  readonly hello: Hello;
  /** Ports of the login callback, in order of preference. */
  readonly callbackPorts: readonly number[];
  readonly clock: ClockWatch;
  now: () => EpochMs;
  randomBytes: (size: number) => Buffer;
  /** Calls back once after the delay, unless the returned function is called before. */
  after: (delayMs: number, callback: () => void) => () => void;
}
