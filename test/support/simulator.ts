import { onTestFinished, vi } from 'vitest';

import type { LogEntry, LogFilter } from '../../cli/simulator/request-log.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../cli/simulator/server.ts';

export type { Simulator } from '../../cli/simulator/server.ts';

const WAIT_MS = 10_000;

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
  return vi.waitFor(
    () => {
      const entries = simulator.control.requests(filter);
      if (entries.length < count) throw new Error(`Only ${entries.length} of ${count} requests arrived.`);
      return entries;
    },
    { timeout: WAIT_MS, interval: 10 },
  );
}

/** Asks the simulator for a model answer as a seat would. */
export async function askModel(
  simulator: Simulator,
  login: { accessToken: string; accountId: string },
  body: Record<string, unknown> = {},
): Promise<Response> {
  return fetch(`${simulator.baseUrl}/codex/responses`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${login.accessToken}`,
      'chatgpt-account-id': login.accountId,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ model: 'gpt-5.5', stream: true, store: false, input: 'hello', ...body }),
  });
}
