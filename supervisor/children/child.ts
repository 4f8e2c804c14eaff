import type { CHILD_OPERATIONS } from '../../contract/child-operations.ts';
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

/** What a child is and how it is started. */
export interface ChildOptions<T extends OperationTable> {
  readonly name: ChildView['name'];
  readonly table: T;
  readonly hello: Hello;
  spawn: () => ChildProcess;
  greeting: (client: Client<T>) => Client<typeof CHILD_OPERATIONS>;
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
  const keeper = new ChildKeeper(options);
  return {
    client: createClient(
      { request: async (method, params, call) => (await keeper.ready()).request(method, params, call) },
      options.table,
    ),
    view: () => keeper.view,
    start: () => keeper.start(),
    stop: () => keeper.stop(),
  };
}

class ChildKeeper<T extends OperationTable> {
  readonly #options: ChildOptions<T>;
  readonly #waiting = new Set<(connection: Connection | null) => void>();
  #line: Line<T> | null = null;
  #view: ChildView;
  #history: RestartHistory = NO_FAILURES;
  #isStopping = false;
  #cancelTimer: () => void = () => undefined;

  constructor(options: ChildOptions<T>) {
    this.#options = options;
    this.#view = { name: options.name, state: 'pending', pid: null, restarts: 0, lastExit: null };
  }

  get view(): ChildView {
    return this.#view;
  }

  start(): void {
    const process = this.#options.spawn();
    const connection = openConnection(process.stdout, process.stdin);
    const line: Line<T> = { process, connection, client: createClient(connection, this.#options.table) };
    this.#line = line;
    this.#show({ state: 'starting', pid: process.pid });
    connection.onClose(() => void process.stop());
    void process.exited.then((exit) => this.#ended(line, exit));
    this.#greet(line).catch(() => void process.stop());
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancelTimer();
    this.#settleWaiting(null);
    this.#show({ state: this.#line === null ? 'exited' : 'stopping' });
    await this.#line?.process.stop();
  }

  /** Waits for a child that is being started or is about to be. Errors: CHILD_UNAVAILABLE. */
  async ready(): Promise<Connection> {
    const { name, later } = this.#options;
    if (this.#line !== null && this.#view.state === 'ready') return this.#line.connection;
    if (this.#isStopping) throw unavailable(name);
    const connection = await new Promise<Connection | null>((resolve) => {
      const settle = (line: Connection | null): void => {
        cancel();
        this.#waiting.delete(settle);
        resolve(line);
      };
      const cancel = later(READY_WAIT_MS, () => settle(null));
      this.#waiting.add(settle);
    });
    if (connection === null) throw unavailable(name);
    return connection;
  }

  async #greet(line: Line<T>): Promise<void> {
    const { name, hello, greeting, later } = this.#options;
    const answer = await withDeadline(greeting(line.client)['session.hello'](hello), HELLO_MS, later);
    if (!areCompatible(hello, answer))
      throw new OmaError('SUPERVISOR_INCOMPATIBLE', `The ${name} is of another version.`);
    if (this.#line !== line) return;
    this.#show({ state: 'ready' });
    this.#settleWaiting(line.connection);
    this.#pingLater(line);
  }

  #pingLater(line: Line<T>): void {
    const { greeting, later } = this.#options;
    this.#cancelTimer = later(PING_PERIOD_MS, () => {
      greeting(line.client)
        ['session.ping']({})
        .then(
          () => {
            if (this.#line === line) this.#pingLater(line);
          },
          () => void line.process.stop(),
        );
    });
  }

  #ended(line: Line<T>, exit: { readonly code: number | null; readonly signal: string | null }): void {
    if (this.#line !== line) return;
    this.#line = null;
    this.#cancelTimer();
    line.connection.dispose();
    this.#show({ pid: null, lastExit: exit.signal ?? `exit code ${String(exit.code)}` });
    if (this.#isStopping) {
      this.#show({ state: 'exited' });
      return;
    }
    const [history, delayMs] = delayAfterFailure(this.#history, this.#options.now());
    this.#history = history;
    this.#show({ state: 'waiting', restarts: this.#view.restarts + 1 });
    this.#cancelTimer = this.#options.later(delayMs, () => this.start());
  }

  #settleWaiting(connection: Connection | null): void {
    for (const settle of [...this.#waiting]) settle(connection);
  }

  #show(change: Partial<ChildView>): void {
    this.#view = { ...this.#view, ...change };
    this.#options.onState(this.#view);
  }
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
