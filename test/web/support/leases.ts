import { PROTOCOL_VERSION } from '../../../contract/handshake.ts';
import { connectOrStart } from '../../../runtime/connect.ts';
import type { Dashboard } from './dashboard.ts';

const DEADLINE_MS = 60_000;

/** Sends requests as a plugin would, one after the other; each ends well unless it is told otherwise. */
export async function sendRequests(
  dashboard: Dashboard,
  requests: readonly { session: string | null; failsWith?: 'rate-limited' }[],
): Promise<void> {
  const { client, connection } = await connectOrStart({
    socketPath: dashboard.socketPath,
    hello: {
      protocolVersion: PROTOCOL_VERSION,
      buildId: 'test',
      version: '0.0.0',
      pid: process.pid,
      kind: 'test',
      host: null,
    },
    start: null,
    deadlineMs: DEADLINE_MS,
  });
  for (const [index, { session, failsWith }] of requests.entries()) {
    const { leaseId } = await client['lease.acquire']({
      requestId: `request-${String(index + 1)}`,
      sessionId: session,
      rootSessionId: null,
      model: 'gpt-5.5',
      attempt: 1,
      exclude: [],
    });
    const outcome = { retryAtMs: null, limitId: null, errorCode: null, firstByteMs: 40, durationMs: 900 };
    await client['lease.report']({
      leaseId,
      outcome:
        failsWith === undefined
          ? { ...outcome, kind: 'success', status: 200, phase: 'complete' }
          : { ...outcome, kind: failsWith, status: 429, phase: 'before-output' },
    });
  }
  connection.dispose();
}
