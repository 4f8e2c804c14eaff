import type { ProbeFailureCode, ReportedWindow } from '../contract/limits.ts';
import type { EpochMs } from '../contract/scalars.ts';
import type { Ending } from '../runtime/guarded-child.ts';

/** A session file that codex left in the private home. */
export interface SessionFile {
  /** Without its directory. */
  readonly name: string;
  readonly text: string;
}

/** Everything that one `codex exec` left behind, and what was asked of it. */
export interface ExecEvidence extends Ending {
  readonly stdout: string;
  readonly stderr: string;
  /** Files of the thread that stdout names. */
  readonly sessions: readonly SessionFile[];
  readonly model: string;
  readonly effort: string;
  readonly codexVersion: string;
  readonly accountId: string;
  readonly startedAtMs: EpochMs;
}

/** Why something proves nothing. */
export interface Failure {
  readonly kind: 'failed';
  readonly code: ProbeFailureCode;
  /** For people: fixed words, or an excerpt that was redacted. */
  readonly message: string;
  /** What the backend named as wrong, so that another request may do better; null = another one would not. */
  readonly wrong: 'effort' | 'model' | 'request' | null;
  /** Efforts that the backend says it takes. */
  readonly efforts: readonly string[];
}

/** What the evidence is worth. */
export type Verdict =
  | {
      readonly kind: 'complete';
      readonly observedAtMs: EpochMs;
      readonly planType: string | null;
      readonly windows: readonly ReportedWindow[];
      readonly sessionFile: string | null;
    }
  | {
      readonly kind: 'no_data';
      readonly observedAtMs: EpochMs;
      readonly message: string;
      readonly sessionFile: string | null;
    }
  | Failure;

/** Makes a failure that no other request would mend. */
export function failure(code: ProbeFailureCode, message: string): Failure {
  return { kind: 'failed', code, message, wrong: null, efforts: [] };
}
