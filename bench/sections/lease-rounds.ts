import * as z from 'zod';

import { type PeerRun, runPeer } from '../harness/peer.ts';
import type { LeaseClientInput } from '../peers/lease-client.ts';

const summarySchema = z.object({ p50: z.number(), p95: z.number(), p99: z.number() });
const roundSchema = z.object({ single: summarySchema, together: summarySchema, perSecond: z.number() });

/** What one round of one target took. Units: microseconds; leases a second. */
export type LeaseRound = z.infer<typeof roundSchema>;

/** Runs the lease client. Shape: for each target its rounds, in the order of the targets. */
export async function leaseRounds(
  input: LeaseClientInput,
  how: Pick<PeerRun, 'runtime' | 'pin'>,
): Promise<readonly (readonly LeaseRound[])[]> {
  const answer = await runPeer({ program: 'lease-client.ts', input, ...how });
  return z.array(z.array(roundSchema)).parse(answer);
}
