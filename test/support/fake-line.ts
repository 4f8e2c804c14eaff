import { OmaError } from '../../contract/errors.ts';
import type { OmaEvent } from '../../contract/event.ts';
import type { Client } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import type { Line } from '../../plugin/link.ts';

/** A line to a supervisor that a test plays. */
export interface FakeLine extends Line {
  /** Ends the line as a dying supervisor would. */
  readonly die: () => void;
  readonly isDisposed: () => boolean;
  /** Says something as the supervisor would. */
  readonly tell: (event: OmaEvent) => void;
}

/** Makes a line; operations that are not given refuse with INTERNAL. */
export function fakeLine(handlers: Partial<Client<Operations>>): FakeLine {
  const told: (() => void)[] = [];
  const listeners: ((event: OmaEvent) => void)[] = [];
  let disposed = false;
  const client = new Proxy(handlers, {
    get: (target, name) =>
      name === 'then'
        ? undefined
        : (Reflect.get(target, name) ??
          (() => Promise.reject(new OmaError('INTERNAL', `${String(name)} is not played.`)))),
  }) as Client<Operations>;
  return {
    client,
    onClose: (handle) => void told.push(handle),
    onEvent: (handle) => void listeners.push(handle),
    tell: (event) => listeners.forEach((handle) => handle(event)),
    dispose: () => {
      disposed = true;
    },
    die: () => told.forEach((handle) => handle()),
    isDisposed: () => disposed,
  };
}

/** What a call on a dying line ends in. */
export const closed = (): OmaError => new OmaError('CONNECTION_CLOSED', 'The connection ended before the answer.');
/** What a connect without a supervisor ends in. */
export const notRunning = (): OmaError => new OmaError('SUPERVISOR_NOT_RUNNING', 'Nobody listens.');
