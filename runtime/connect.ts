import { connect as dial, type Socket } from 'node:net';
import { platform } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

import { isOmaError, OmaError } from '../contract/errors.ts';
import { areCompatible } from '../contract/handshake.ts';
import type { CancelSignal, Client } from '../contract/operation.ts';
import { OPERATIONS, type Operations } from '../contract/operations.ts';
import { abortReason } from './abort-reason.ts';
import { assertSocketPath } from './paths.ts';
import { createClient } from './rpc/client.ts';
import { type Connection, openConnection } from './rpc/connection.ts';
import { checkSocketOwner } from './socket-owner.ts';
import { type StartCommand, startSupervisor } from './start-supervisor.ts';
import { endTurn, isTurnTaken, takeTurn, TURN_MS } from './start-turn.ts';

/** Pauses between two tries to connect, in milliseconds: doubled up to the longest. */
const PAUSE_MS = 5;
const PAUSE_MS_MAX = 100;

/** What a client says of itself. */
export type ClientHello = Parameters<Client<Operations>['session.hello']>[0];
/** What the supervisor says of itself. */
export type SupervisorHello = Awaited<ReturnType<Client<Operations>['session.hello']>>;

/** How to reach the supervisor. Shape: `start` null = only if it runs. */
export interface ConnectOptions {
  readonly socketPath: string;
  readonly hello: ClientHello;
  readonly start: StartCommand | null;
  readonly deadlineMs: number;
  readonly signal?: CancelSignal;
  /** Lets this process end although the connection is open. */
  readonly unref?: boolean;
  /** Units: a user id; our own if it is absent. */
  readonly uid?: number;
}

/** A connection to the supervisor that has shaken hands. */
export interface Connected {
  readonly client: Client<Operations>;
  readonly connection: Connection;
  readonly hello: SupervisorHello;
}

/**
 * Connects to the supervisor, and starts it if it does not run.
 * Shape: who finds that another process is starting one waits for it, for a while; whoever starts goes on trying to connect, so it is served as soon as any supervisor is, whichever of several starters won.
 * Errors: SUPERVISOR_NOT_RUNNING, SUPERVISOR_START_FAILED or what the supervisor reports, SUPERVISOR_INCOMPATIBLE, SOCKET_FOREIGN,
 * SOCKET_PATH_TOO_LONG, DEADLINE_EXCEEDED; the reason of the aborted signal.
 */
export async function connectOrStart(options: ConnectOptions): Promise<Connected> {
  assertSocketPath(options.socketPath, platform());
  const deadlineAt = performance.now() + options.deadlineMs;
  const running = await connectOnce(options, deadlineAt);
  if (running !== null) return running;
  if (options.start === null) throw notRunning();
  const isOurTurn = await takeTurn(options.socketPath);
  const served = isOurTurn ? null : await connectWhenStarted(options, deadlineAt);
  if (served !== null) return served;
  try {
    return await connectWhileStarting(options, options.start, deadlineAt);
  } finally {
    if (isOurTurn) await endTurn(options.socketPath);
  }
}

/** Shape: null if whoever has the turn to start a supervisor did not get it to serve. */
async function connectWhenStarted(options: ConnectOptions, deadlineAt: number): Promise<Connected | null> {
  const giveUpAt = Math.min(deadlineAt, performance.now() + TURN_MS);
  for (let pauseMs = PAUSE_MS; performance.now() < giveUpAt; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
    const isUnderWay = await isTurnTaken(options.socketPath);
    const connected = await connectOnce(options, deadlineAt);
    if (connected !== null || !isUnderWay) return connected;
    await pause(pauseMs, undefined, { ref: options.unref !== true });
  }
  return null;
}

async function connectWhileStarting(
  options: ConnectOptions,
  start: StartCommand,
  deadlineAt: number,
): Promise<Connected> {
  const starting = startSupervisor(start, options.socketPath);
  const reports: (Error | null)[] = [];
  const reported = starting.report.then(
    () => void reports.push(null),
    (error: unknown) => void reports.push(error instanceof Error ? error : notRunning()),
  );
  try {
    for (let pauseMs = PAUSE_MS; performance.now() < deadlineAt; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
      // What was reported before this try decides after it: another starter may have won meanwhile.
      const [report] = reports;
      const connected = await connectOnce(options, deadlineAt);
      if (connected !== null) return connected;
      if (report instanceof Error) throw report;
      throwIfAborted(options.signal);
      const paused = pause(pauseMs, undefined, { ref: options.unref !== true });
      await (report === undefined ? Promise.race([paused, reported]) : paused);
    }
    throw tooSlow(options.deadlineMs);
  } finally {
    starting.release();
  }
}

/** Shape: null if nobody serves on the socket. */
async function connectOnce(options: ConnectOptions, deadlineAt: number): Promise<Connected | null> {
  throwIfAborted(options.signal);
  if ((await checkSocketOwner(options.socketPath, options.uid)) === 'absent') return null;
  const socket = await openSocket(options.socketPath);
  if (socket === null) return null;
  const connection = openConnection(socket, socket);
  const client = createClient(connection, OPERATIONS);
  try {
    const hello = await greet(client, options, deadlineAt);
    if (options.unref === true) socket.unref();
    return { client, connection, hello };
  } catch (error) {
    connection.dispose();
    // It is ending, or it ended just now: as good as not there.
    if (isOmaError(error, 'CONNECTION_CLOSED')) return null;
    throw error;
  }
}

async function greet(
  client: Client<Operations>,
  { hello, signal }: ConnectOptions,
  deadlineAt: number,
): Promise<SupervisorHello> {
  const leftMs = Math.max(deadlineAt - performance.now(), 1);
  const deadlineMs = Math.min(leftMs, OPERATIONS['session.hello'].deadlineMs);
  const theirs = await client['session.hello'](hello, signal === undefined ? { deadlineMs } : { deadlineMs, signal });
  if (!areCompatible(hello, theirs)) throw incompatible(hello, theirs);
  return theirs;
}

/** Shape: null if there is nobody to connect to. */
function openSocket(socketPath: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = dial(socketPath);
    socket.once('connect', () => {
      socket.off('error', refuse);
      resolve(socket);
    });
    const refuse = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EACCES' || error.code === 'EPERM') reject(forbidden());
      else resolve(null);
    };
    socket.once('error', refuse);
  });
}

function throwIfAborted(signal: CancelSignal | undefined): void {
  if (signal?.aborted === true) throw abortReason(signal);
}

function notRunning(): OmaError {
  return new OmaError('SUPERVISOR_NOT_RUNNING', 'The supervisor is not running. Start it with "oma up".');
}

function tooSlow(deadlineMs: number): OmaError {
  return new OmaError(
    'SUPERVISOR_START_FAILED',
    `The supervisor did not answer within ${deadlineMs} ms of its start. It may still be starting: try again, or look at "oma logs".`,
  );
}

function forbidden(): OmaError {
  return new OmaError(
    'SOCKET_FOREIGN',
    'The socket of the supervisor may not be used by this user. Check who owns its directory.',
  );
}

function incompatible(ours: ClientHello, theirs: SupervisorHello): OmaError {
  return new OmaError(
    'SUPERVISOR_INCOMPATIBLE',
    `The running supervisor is oma ${theirs.version} (protocol ${theirs.protocolVersion}), but this is oma ${ours.version} (protocol ${ours.protocolVersion}). Stop it with "oma down" and try again; if OpenCode has the older one, restart OpenCode.`,
    { ours: ours.protocolVersion, theirs: theirs.protocolVersion },
  );
}
