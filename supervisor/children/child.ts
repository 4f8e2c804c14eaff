import { OmaError } from '../../contract/errors.ts';
import { areCompatible, type Hello } from '../../contract/handshake.ts';
import type { Client, OperationTable } from '../../contract/operation.ts';
import type { Status } from '../../contract/status.ts';
import { createClient } from '../../runtime/rpc/client.ts';
import { type Connection, openConnection } from '../../runtime/rpc/connection.ts';
import type { ChildProcess } from '../../runtime/spawn.ts';
import { delayAfterFailure, NO_FAILURES, type RestartHistory } from '../core/restart.ts';

/** A child that said nothing for so long at its start is killed, in milliseconds. */
const HELLO_MS = 10 * 1_000;

/** A child is asked this often whether its event loop still turns, in milliseconds. */
const PING_PERIOD_MS = 15 * 1_000;

/** A call waits this long for a child that is being started, in milliseconds. */
const READY_WAIT_MS = 8 * 1_000;

type ChildView = Status['children'][number];

/** The two operations every child has. */
interface Greeting {
  'session.hello': (params: Hello) => Promise<Hello>;
  'session.ping': (params: Record<string, never>) => Promise<object>;
}

/** What a child is and how it is started. */
export interface ChildOptions<T extends OperationTable> {
  readonly name: ChildView['name'];
  readonly table: T;
  readonly hello: Hello;
  spawn: () => ChildProcess;
  greeting: (client: Client<T>) => Greeting;
  now: () => number;
  later: (delayMs: number, callback: () => void) => () => void;
  onState: (view: ChildView) => void;
}

/** A child process that is started again whenever it ends, freezes or breaks the protocol. */
export interface Child<T extends OperationTable> {
  /** Shape: each call waits for the child to be ready, at most some seconds. Errors: CHILD_UNAVAILABLE besides the table's. */
  readonly client: Client<T>;
  view: () => ChildView;
  start: () => void;
  stop: () => Promise<void>;
}

interface Line<T extends OperationTable> {
  readonly process: ChildProcess;
  readonly connection: Connection;
  readonly client: Client<T>;
}

/** Creates a supervised child; nothing runs before `start`. */
export function createChild<T extends OperationTable>(options: ChildOptions<T>): Child<T> {
  const { name, table, hello, now, later, greeting } = options;
  let line: Line<T> | null = null;
  let view: ChildView = { name, state: 'pending', pid: null, restarts: 0, lastExit: null };
  let history: RestartHistory = NO_FAILURES;
  let isStopping = false;
  let cancelTimer: () => void = () => undefined;
  const waiting = new Set<(connection: Connection | null) => void>();

  const show = (change: Partial<ChildView>): void => {
    view = { ...view, ...change };
    options.onState(view);
  };
  const settleWaiting = (connection: Connection | null): void => {
    for (const resolve of [...waiting]) resolve(connection);
    waiting.clear();
  };

  const start = (): void => {
    const process = options.spawn();
    const connection = openConnection(process.stdout, process.stdin);
    const mine: Line<T> = { process, connection, client: createClient(connection, table) };
    line = mine;
    show({ state: 'starting', pid: process.pid });
    connection.onClose(() => void process.stop());
    void process.exited.then((exit) => {
      ended(mine, exit);
    });
    greet(mine).catch(() => void process.stop());
  };

  const greet = async (mine: Line<T>): Promise<void> => {
    const answer = await withDeadline(greeting(mine.client)['session.hello'](hello), HELLO_MS, later);
    if (!areCompatible(hello, answer))
      throw new OmaError('SUPERVISOR_INCOMPATIBLE', `The ${name} is of another version.`);
    if (line !== mine) return;
    show({ state: 'ready' });
    settleWaiting(mine.connection);
    ping(mine);
  };

  const ping = (mine: Line<T>): void => {
    cancelTimer = later(PING_PERIOD_MS, () => {
      greeting(mine.client)
        ['session.ping']({})
        .then(
          () => {
            if (line === mine) ping(mine);
          },
          () => void mine.process.stop(),
        );
    });
  };

  const ended = (mine: Line<T>, exit: { readonly code: number | null; readonly signal: string | null }): void => {
    if (line !== mine) return;
    line = null;
    cancelTimer();
    mine.connection.dispose();
    show({ pid: null, lastExit: exit.signal ?? `exit code ${String(exit.code)}` });
    if (isStopping) {
      show({ state: 'exited' });
      return;
    }
    const [next, delayMs] = delayAfterFailure(history, now());
    history = next;
    show({ state: 'waiting', restarts: view.restarts + 1 });
    cancelTimer = later(delayMs, start);
  };

  const ready = async (): Promise<Connection> => {
    if (line !== null && view.state === 'ready') return line.connection;
    if (isStopping || view.state === 'pending') throw unavailable(name);
    const connection = await new Promise<Connection | null>((resolve) => {
      waiting.add(resolve);
      later(READY_WAIT_MS, () => {
        waiting.delete(resolve);
        resolve(null);
      });
    });
    if (connection === null) throw unavailable(name);
    return connection;
  };

  return {
    client: createClient(
      { request: async (method, params, call) => (await ready()).request(method, params, call) },
      table,
    ),
    view: () => view,
    start,
    stop: async () => {
      isStopping = true;
      cancelTimer();
      settleWaiting(null);
      show({ state: line === null ? 'exited' : 'stopping' });
      await line?.process.stop();
    },
  };
}

function unavailable(name: string): OmaError {
  return new OmaError(
    'CHILD_UNAVAILABLE',
    `The ${name} is not running now; the supervisor is starting it again. Try again in a few seconds.`,
    { child: name },
  );
}

function withDeadline<R>(work: Promise<R>, afterMs: number, later: ChildOptions<OperationTable>['later']): Promise<R> {
  return new Promise((resolve, reject) => {
    const cancel = later(afterMs, () => {
      reject(new OmaError('DEADLINE_EXCEEDED', 'The child did not say hello in time.'));
    });
    work.then(resolve, reject).finally(cancel);
  });
}
