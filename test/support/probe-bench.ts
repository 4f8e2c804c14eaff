import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { ProbeReport } from '../../contract/limits.ts';
import type { CallContext, Params } from '../../contract/operation.ts';
import type { ProbeOperations } from '../../contract/probe-operations.ts';
import { type Secret, secretSchema } from '../../contract/scalars.ts';
import { codexEnvironment, type Deadlines, type Deps } from '../../probe-runner/deps.ts';
import { createHandlers, type ProbeRunner } from '../../probe-runner/handlers.ts';
import { acceptProbe } from '../../supervisor/core/limits.ts';
import type { Limits, State } from '../../supervisor/core/state.ts';
import { removeTree } from './remove-tree.ts';
import type { Simulator } from './simulator.ts';
import { accountOf, stateWith } from './state.ts';

export type ProbeParams = Params<ProbeOperations, 'probe.run'>;

/** A probe-runner in this process with homes of its own. */
export interface ProbeBench {
  readonly runner: ProbeRunner;
  /** A directory that is removed when the test is over. */
  readonly root: string;
  readonly homesDir: string;
  readonly logged: readonly string[];
  /** Probes; what is not given is a harmless default. */
  probe: (params: Partial<ProbeParams>) => Promise<ProbeReport>;
}

export interface BenchOptions {
  readonly deadlines?: Partial<Deadlines>;
  /** Variables of the user beside those every test has; the bench's directory is given. */
  readonly environment?: (root: string) => Readonly<Record<string, string>>;
  readonly now?: () => number;
}

/** The seat that a bench probes unless told otherwise. */
export const SEAT = 'abcdef0123456789';

/** Nobody answers at this proxy, so that nothing but loopback can be reached. */
export const OFFLINE = {
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
} as const;

/** A context of a call that nobody gives up. */
export function callContext(signal: AbortSignal = new AbortController().signal): CallContext {
  return { requestId: 'request-1', connectionId: 'supervisor', actor: 'supervisor', signal };
}

/** Makes a directory that is removed when the test is over. */
export async function useDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'oma-probe-'));
  onTestFinished(() => removeTree(directory));
  return directory;
}

/** Makes a probe-runner that is closed, and its homes removed, when the test is over. */
export async function useProbeBench(options: BenchOptions = {}): Promise<ProbeBench> {
  const root = await useDirectory();
  const homesDir = join(root, 'homes');
  const logged: string[] = [];
  const note = (level: string) => (fields: object, message: string) =>
    void logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const deps: Deps = {
    hello: { protocolVersion: 1, buildId: 'test', version: '0.0.0-test', pid: process.pid },
    log: { info: note('info'), warn: note('warn'), error: note('error') },
    environment: codexEnvironment({
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      ...OFFLINE,
      ...options.environment?.(root),
    }),
    deadlines: { execMs: 45_000, appServerMs: 30_000, versionMs: 10_000, ...options.deadlines },
    now: options.now ?? Date.now,
  };
  const runner = createHandlers(deps);
  onTestFinished(() => runner.close());
  let count = 0;
  return {
    runner,
    root,
    homesDir,
    logged,
    probe: async (params) => {
      count += 1;
      return runner.handlers['probe.run'](
        { ...defaults(homesDir), probeId: `probe-${String(count)}`, ...params },
        callContext(),
      );
    },
  };
}

function defaults(homesDir: string): ProbeParams {
  return {
    probeId: 'probe',
    source: 'codex-exec',
    seat: SEAT,
    homesDir,
    codexBin: null,
    baseUrl: 'http://127.0.0.1:9/backend-api',
    accessToken: secretSchema.parse('opaque-access-token'),
    idToken: null,
    accountId: 'acct-probe-1',
    models: ['gpt-5.3-codex'],
    effort: 'low',
  };
}

/** The login and address that a simulated seat is probed with. */
export function simulatedLogin(
  simulator: Simulator,
  alias: string,
): Pick<ProbeParams, 'baseUrl' | 'accessToken' | 'idToken' | 'accountId'> & { readonly accessToken: Secret } {
  const { accessToken, idToken, accountId } = simulator.control.credentials(alias);
  return {
    baseUrl: simulator.baseUrl,
    accessToken: secretSchema.parse(accessToken),
    idToken: secretSchema.parse(idToken),
    accountId,
  };
}

/** What the supervisor believes about the limits of one account. */
export interface Belief {
  limits: () => Limits;
  state: () => State;
  /** Lets the authority rule decide about a report. */
  accept: (report: ProbeReport) => void;
  /** Every stored figure, to the byte. */
  figures: () => string;
}

/** Makes a belief about an account that was never probed. */
export function createBelief(now: () => number = Date.now): Belief {
  let state = stateWith('probed', 'other');
  const limits = (): Limits => accountOf(state, 'probed').limits;
  return {
    limits,
    state: () => state,
    accept: (report) => {
      [state] = acceptProbe(state, { alias: 'probed', seat: accountOf(state, 'probed').seat, report }, now());
    },
    figures: () => JSON.stringify([limits().windows, limits().history, limits().lastProbeAt, limits().diagnostics]),
  };
}
