import { z } from 'zod';

/** Raised when an older peer can no longer be understood. */
export const PROTOCOL_VERSION = 1;

/** The first thing a peer says. */
export const helloSchema = z.object({
  protocolVersion: z.int().positive().describe('Version of the contract the peer speaks.'),
  buildId: z.string().max(64).describe('Short hash of the build, to tell a stale process.'),
  version: z.string().max(32).describe('Version of oma.'),
  pid: z.int().positive().describe('Process id of the peer.'),
});
export type Hello = z.infer<typeof helloSchema>;

/** What a peer is, for logs and `oma doctor`. */
export const clientKindSchema = z.enum(['cli', 'plugin', 'tui', 'test']);
export type ClientKind = z.infer<typeof clientKindSchema>;

/** Tells whether two peers understand each other. */
export function areCompatible(ours: Pick<Hello, 'protocolVersion'>, theirs: Pick<Hello, 'protocolVersion'>): boolean {
  return ours.protocolVersion === theirs.protocolVersion;
}
