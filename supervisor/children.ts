import type { Hello } from '../contract/handshake.ts';
import { PROBE_OPERATIONS, type ProbeOperations } from '../contract/probe-operations.ts';
import { WORKER_OPERATIONS, type WorkerOperations } from '../contract/worker-operations.ts';
import { type Child, type ChildOptions, createChild } from './children/child.ts';
import type { StartOptions } from './start-options.ts';

/** The two helper processes of a supervisor. */
export interface Children {
  readonly worker: Child<WorkerOperations>;
  readonly probeRunner: Child<ProbeOperations>;
  start: () => void;
  stop: () => Promise<void>;
}

/** What the helper processes are told and whom they tell. */
export interface ChildrenSurroundings {
  readonly hello: Hello;
  later: (delayMs: number, callback: () => void) => () => void;
  /** Called whenever one of them starts, ends or gets ready. */
  changed: () => void;
}

/** Creates the helper processes; nothing runs before `start`. */
export function createChildren(
  { now, spawnChild, log }: StartOptions,
  { hello, later, changed }: ChildrenSurroundings,
): Children {
  const onState: ChildOptions<WorkerOperations>['onState'] = (view) => {
    if (view.state === 'waiting')
      log.warn({ child: view.name, lastExit: view.lastExit }, 'a helper process ended; it is started again');
    changed();
  };
  const shared = { hello, now, later, onState };
  const worker = createChild<WorkerOperations>({
    ...shared,
    name: 'worker',
    table: WORKER_OPERATIONS,
    spawn: () => spawnChild('worker'),
    greeting: (client) => client,
  });
  const probeRunner = createChild<ProbeOperations>({
    ...shared,
    name: 'probe-runner',
    table: PROBE_OPERATIONS,
    spawn: () => spawnChild('probe-runner'),
    greeting: (client) => client,
  });
  return {
    worker,
    probeRunner,
    start: () => {
      worker.start();
      probeRunner.start();
    },
    stop: async () => {
      await Promise.all([worker.stop(), probeRunner.stop()]);
    },
  };
}
