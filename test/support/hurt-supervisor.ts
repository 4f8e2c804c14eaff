/**
 * The supervisor as it is shipped, but for its disk and its clock, which its parent spoils.
 * The environment names where the other programs lie (DIST), where to die from the start on (FAULT_POINT, FAULT_HIT),
 * and what its clock throws instead of telling the time (CLOCK_THROWS);
 * orders come over the IPC channel, each is answered.
 */
import type { FaultPoint } from '../../supervisor/store/fault-points.ts';
import { supervise } from '../../supervisor/supervise.ts';
import { createFaultFs, failing } from './fault-fs.ts';

/** What the parent may ask for. Shape: `dieAt.hit` counts from the order on; `spoil.calls` is the source of a pattern over `FsCall.what`. */
export interface HurtOrder {
  readonly dieAt?: { readonly point: FaultPoint; readonly hit: number };
  readonly spoil?: { readonly calls: string; readonly errno: string } | null;
  /** By how much the clock is wrong from now on, in milliseconds. */
  readonly clockOffsetMs?: number;
  /** An exception that nobody foresaw, with this message. */
  readonly throws?: string;
}

const { DIST = '', FAULT_POINT, FAULT_HIT = '1', CLOCK_THROWS } = process.env;

const disk = createFaultFs();
let death = FAULT_POINT === undefined ? null : { point: FAULT_POINT, left: Number(FAULT_HIT) };
let clockOffsetMs = 0;

process.on('message', (order: HurtOrder) => {
  if (order.dieAt !== undefined) death = { point: order.dieAt.point, left: order.dieAt.hit };
  if (order.spoil !== undefined)
    disk.spoil(order.spoil === null ? null : failing(new RegExp(order.spoil.calls), order.spoil.errno));
  if (order.clockOffsetMs !== undefined) ({ clockOffsetMs } = order);
  process.send?.('done');
  if (order.throws !== undefined) throw new Error(order.throws);
});
process.channel?.unref();

await supervise(process, DIST, {
  now: () => {
    if (CLOCK_THROWS !== undefined) throw new Error(CLOCK_THROWS);
    return Date.now() + clockOffsetMs;
  },
  disk: {
    fs: disk.fs,
    fault: (reached) => {
      disk.calls.length = 0;
      if (reached === death?.point && (death.left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
    },
  },
});
