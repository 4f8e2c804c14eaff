/** How much a finding matters: only a problem makes `oma doctor` end badly. */
export type Level = 'ok' | 'note' | 'warning' | 'problem';

/** Something that can be mended without a decision of a person. */
export interface Fix {
  /** What it did, as a sentence. */
  readonly done: string;
  run: () => Promise<void>;
}

/** Everything that can be found: stable words for scripts, each with a row in the troubleshooting matrix of docs/QA.md. */
export const FINDING_IDS = [
  'child',
  'clock',
  'codex',
  'config-file',
  'demo',
  'environment',
  'files',
  'foreign-file',
  'former-service',
  'leftover',
  'login-ports',
  'needs-login',
  'notice',
  'no-display',
  'node',
  'not-examined',
  'oma',
  'open-refresh',
  'opencode',
  'opencode-config',
  'opencode-login',
  'opencode-pure',
  'other-build',
  'permissions',
  'plugin',
  'plugin-hello',
  'plugin-terminal',
  'pool-dry',
  'rival-plugin',
  'service',
  'service-failed',
  'service-linger',
  'service-not-enabled',
  'service-stale',
  'service-stopped',
  'service-unknown',
  'ssh',
  'stale-socket',
  'store',
  'store-notice',
  'store-write',
  'supervisor',
  'token-expiring',
  'wsl',
] as const;
export type FindingId = (typeof FINDING_IDS)[number];

/** One thing that was looked at. Shape: `advice` null = there is nothing to do. */
export interface Finding {
  readonly id: FindingId;
  readonly level: Level;
  readonly what: string;
  readonly advice: string | null;
  readonly fix: Fix | null;
}

/** Makes a finding that needs nobody. */
export function fine(id: FindingId, what: string): Finding {
  return { id, level: 'ok', what, advice: null, fix: null };
}

/** Makes a finding with what to do about it. */
export function finding(
  level: Exclude<Level, 'ok'>,
  { id, what, advice, fix = null }: { id: FindingId; what: string; advice: string | null; fix?: Fix | null },
): Finding {
  return { id, level, what, advice, fix };
}
