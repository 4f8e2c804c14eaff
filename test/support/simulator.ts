import { onTestFinished, vi } from 'vitest';

import type { LogEntry, LogFilter } from '../../cli/simulator/request-log.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../cli/simulator/server.ts';
import { PATIENCE } from './patience.ts';

export type { Simulator } from '../../cli/simulator/server.ts';
export { askModel } from './ask-model.ts';

/** Starts the simulated provider on a free loopback port and stops it when the test is over. */
export async function useSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

/** Waits until at least `count` requests that fit have arrived, and returns them. */
export async function requestsArrived(
  simulator: Simulator,
  filter: LogFilter,
  count: number,
): Promise<readonly LogEntry[]> {
  return vi.waitFor(() => {
    const entries = simulator.control.requests(filter);
    if (entries.length < count) throw new Error(`Only ${entries.length} of ${count} requests arrived.`);
    return entries;
  }, PATIENCE);
}
