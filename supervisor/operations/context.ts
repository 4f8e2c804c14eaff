import type { OmaEvent } from '../../contract/event.ts';
import type { Client } from '../../contract/operation.ts';
import type { ProbeOperations } from '../../contract/probe-operations.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import type { WorkerOperations } from '../../contract/worker-operations.ts';
import type { Effective, Layers } from '../core/settings.ts';
import type { Store } from '../store/store.ts';
import type { Tally } from './tally.ts';

/** What an operation may write to the log. */
export interface OperationLog {
  info: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  error: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** Where things are and whom to talk to; fixed for the life of the supervisor. */
export interface Addresses {
  readonly baseUrl: string;
  readonly issuerUrl: string;
  readonly codexAuthFile: string;
  readonly openCodeAuthFile: string;
  /** null: oma's own store lies there, and took over what was there at its first start. */
  readonly upstreamStoreFile: string | null;
  /** The list without aliases that early versions of upstream kept. */
  readonly upstreamListFile: string;
  /** `~/.opencode`, where oc-codex-multi-auth keeps its pools. */
  readonly openCodeHome: string;
  readonly antigravityFile: string;
  readonly probeHomesDir: string;
  readonly codexBin: string | null;
  readonly demo: boolean;
}

/** Settings as all layers together give them. */
export interface SettingsSource {
  effective: () => Effective;
  layers: () => Layers;
  /** Why the configuration file is not in force as it stands; null = it is, or there is none. */
  fileProblem: () => string | null;
}

/** Everything operations work with; passed in, so that tests can pass in anything. */
export interface Context {
  readonly store: Store;
  readonly settings: SettingsSource;
  readonly worker: Client<WorkerOperations>;
  readonly probeRunner: Client<ProbeOperations>;
  readonly addresses: Addresses;
  readonly log: OperationLog;
  /** Counts for the metrics. */
  readonly tally: Tally;
  now: () => EpochMs;
  /** Makes an id that was never used: `prefix` names what it stands for. */
  newId: (prefix: string) => string;
  emit: (event: OmaEvent) => void;
  /** Calls back later; never keeps the process alive. */
  later: (delayMs: number, callback: () => void) => () => void;
}
