import * as z from 'zod';

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

/** Tells whether two peers understand each other. */
export function areCompatible(ours: Pick<Hello, 'protocolVersion'>, theirs: Pick<Hello, 'protocolVersion'>): boolean {
  return ours.protocolVersion === theirs.protocolVersion;
}

/** Longest reason that a supervisor gives for not serving, in characters. */
export const READINESS_CHARS_MAX = 4_096;

/** The one line that a supervisor writes on standard output once it knows whether it serves; whoever started it reads it. */
export const readinessSchema = z.discriminatedUnion('ready', [
  z.object({ ready: z.literal(true) }),
  z.object({ ready: z.literal(false), code: z.string().max(64), message: z.string().max(READINESS_CHARS_MAX) }),
]);
export type Readiness = z.infer<typeof readinessSchema>;
