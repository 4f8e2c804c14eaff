import type { Client, OperationTable } from '../contract/operation.ts';
import type { Operations } from '../contract/operations.ts';
import type { SupervisorHello } from '../runtime/connect.ts';
import type { StartCommand } from '../runtime/start-supervisor.ts';

/** A connection to the supervisor for the length of one command. */
export interface Session {
  readonly hello: SupervisorHello;
  readonly client: Client<Operations>;
  /** The same operations by name alone, for commands that are made from the table; both ends still check every field. */
  readonly byName: Client<OperationTable>;
  onClose: (handle: () => void) => void;
  close: () => void;
}

/**
 * How a command wants its connection.
 * Shape: `start` false takes only a supervisor that runs; true starts one unless the user forbids that; a command starts that one.
 */
export interface SessionOptions {
  readonly start: boolean | StartCommand;
  /** Ctrl-C ends the connection and with it every call under way; false leaves that to the command. */
  readonly closeOnAbort?: boolean;
}

/** Starts a supervisor if there is none: what most commands want. */
export const STARTING: SessionOptions = { start: true };

/** Takes the supervisor as it is, running or not. */
export const AS_IS: SessionOptions = { start: false };
