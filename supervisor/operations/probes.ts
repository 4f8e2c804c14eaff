import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { ProbeSource } from '../../contract/limits.ts';
import type { CallContext } from '../../contract/operation.ts';
import type { ProbeRunView } from '../../contract/probe.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import { findAccount, updateAccount } from '../core/access.ts';
import { acceptProbe, markProbe, type ProbeAnswer, settle } from '../core/limits.ts';
import { isoTime, isoTimeOrNull } from '../core/time.ts';
import { askAll, type Asked, enabledAccount, failedReport, failureCodeOf, type ProbeDeps } from './ask-probe.ts';
import type { Context } from './context.ts';

/** Probes that run at the same instant. */
const PARALLEL_MAX = 2;

/** Runs remembered after their end, for those who still ask. */
const RUNS_MAX = 50;

/** Probes on demand and in the background. */
export interface Probes {
  /**
   * Errors: ACCOUNT_NOT_FOUND, ACCOUNT_DISABLED, OPERATION_IN_PROGRESS (every account asked for is being probed),
   * INVALID_SETTINGS (every source asks a model, and none may).
   */
  start: (wanted: Wanted, call: CallContext) => ProbeRunView;
  get: (probeId: string) => ProbeRunView;
  /** Probes one account by the background sources unless it is being probed; answers when it is over. */
  inBackground: (alias: Alias) => Promise<void>;
}

/** What is probed. Shape: `aliases` null = every enabled account. */
interface Wanted {
  readonly aliases: readonly Alias[] | null;
  readonly withoutModel: boolean;
}

type Item = ProbeRunView['items'][number];

interface Run {
  readonly probeId: string;
  readonly startedAt: EpochMs;
  finishedAt: EpochMs | null;
  readonly items: Map<Alias, Item>;
}

/** Creates the probes over the given context. */
export function createProbes(deps: ProbeDeps): Probes {
  const { context } = deps;
  const list = new RunList(deps);
  return {
    start: ({ aliases, withoutModel }, call) => {
      const sources = manualSources(context, withoutModel);
      const wanted = wantedAliases(context, aliases);
      const free = wanted.filter((alias) => !list.isProbing(alias));
      if (wanted.length > 0 && free.length === 0)
        throw new OmaError('OPERATION_IN_PROGRESS', 'These accounts are being probed already. Wait for the result.', {
          aliases: wanted,
        });
      const { run, done } = list.begin(free, sources);
      done.catch((error: unknown) => {
        context.log.error(
          { probeId: run.probeId, requestId: call.requestId, cause: String(error) },
          'a probe run ended unforeseen',
        );
      });
      return viewOf(run);
    },
    get: (probeId) => viewOf(list.find(probeId)),
    inBackground: async (alias) => {
      const sources = context.settings.effective().settings.probeBackgroundSources;
      if (sources.length > 0 && !list.isProbing(alias)) await list.begin([alias], sources).done;
    },
  };
}

function manualSources({ settings }: Context, withoutModel: boolean): readonly ProbeSource[] {
  const { probeSources } = settings.effective().settings;
  const sources = withoutModel ? probeSources.filter((source) => source !== 'codex-exec') : probeSources;
  if (sources.length === 0)
    throw new OmaError(
      'INVALID_SETTINGS',
      'The only source in probeSources, codex-exec, asks a model. Run "oma probe" if it may, or add usage-endpoint.',
    );
  return sources;
}

/** The runs under way and the last ones that are over. */
class RunList {
  readonly #deps: ProbeDeps;
  readonly #runs = new Map<string, Run>();
  readonly #probing = new Set<Alias>();
  readonly #slots = createSlots(PARALLEL_MAX);

  constructor(deps: ProbeDeps) {
    this.#deps = deps;
  }

  isProbing(alias: Alias): boolean {
    return this.#probing.has(alias);
  }

  /** Errors: PROBE_NOT_FOUND. */
  find(probeId: string): Run {
    const run = this.#runs.get(probeId);
    if (run === undefined)
      throw new OmaError('PROBE_NOT_FOUND', 'This probe is unknown or long over. Start a new one.');
    return run;
  }

  begin(
    aliases: readonly Alias[],
    sources: readonly ProbeSource[],
  ): { readonly run: Run; readonly done: Promise<unknown> } {
    const { newId, now, emit } = this.#deps.context;
    const run: Run = { probeId: newId('probe'), startedAt: now(), finishedAt: null, items: new Map() };
    this.#runs.set(run.probeId, run);
    this.#forgetOldest();
    const done = Promise.all(aliases.map((alias) => this.#probe(run, alias, sources))).finally(() => {
      run.finishedAt = now();
      emit({ type: 'changed', at: isoTime(now()), topics: ['accounts', 'probes'] });
    });
    return { run, done };
  }

  async #probe(run: Run, alias: Alias, sources: readonly ProbeSource[]): Promise<void> {
    this.#probing.add(alias);
    try {
      show(this.#deps.context, run, { alias, state: 'queued', source: null, message: 'waiting', attempts: [] });
      await this.#slots(() => this.#ask(run, alias, sources));
    } finally {
      this.#probing.delete(alias);
    }
  }

  async #ask(run: Run, alias: Alias, sources: readonly ProbeSource[]): Promise<void> {
    const { context } = this.#deps;
    show(context, run, { alias, state: 'running', source: sources[0] ?? null, message: 'running', attempts: [] });
    try {
      context.store.change('probe.running', (state) => [markProbe(state, alias, 'running'), undefined]);
      const { seat } = findAccount(context.store.read(), alias);
      const report = await askAll(this.#deps, run.probeId, { alias, sources });
      show(context, run, await conclude(context, { alias, seat, report }));
    } catch (error) {
      show(context, run, await giveUp(context, { alias, sources }, error));
    }
  }

  #forgetOldest(): void {
    if (this.#runs.size <= RUNS_MAX) return;
    const over = [...this.#runs.values()].find((run) => run.finishedAt !== null);
    if (over !== undefined) this.#runs.delete(over.probeId);
  }
}

/** Shape: `answer.seat` is who was asked; if the alias has become another one meanwhile, nothing is written. */
async function conclude({ store, tally }: Context, { alias, seat, report }: ProbeAnswer): Promise<Item> {
  tally.probe(report);
  const durability = report.kind === 'complete' ? 'before-reply' : 'soon';
  await store.transact('probe.accept', (state, now) => acceptProbe(state, { alias, seat, report }, now), durability);
  const state = report.kind === 'complete' ? 'success' : report.kind === 'no_data' ? 'no_data' : 'error';
  const message = report.kind === 'complete' ? 'limits updated' : report.message;
  return { alias, state, source: report.source, message, attempts: report.attempts };
}

/** A probe that could not be asked changes no figure; one whose account was removed or disabled meanwhile changes nothing. */
async function giveUp(context: Context, { alias, sources }: Asked, error: unknown): Promise<Item> {
  const { store, log } = context;
  if (!isOmaError(error)) log.error({ alias, cause: String(error) }, 'a probe failed for a reason nobody foresaw');
  const message = isOmaError(error) ? error.message : 'oma made a mistake during this probe; its log says more.';
  const account = store.read().accounts.find((candidate) => candidate.alias === alias);
  if (account?.availability.enabled !== true) {
    if (account !== undefined)
      store.change('probe.dropped', (state) => [
        updateAccount(state, alias, (old) => ({ ...old, limits: settle(old.limits) })),
        undefined,
      ]);
    const why = account === undefined ? 'The account was removed meanwhile.' : message;
    return { alias, state: 'error', source: null, message: why, attempts: [] };
  }
  const report = failedReport(sources[0] ?? 'codex-exec', message, failureCodeOf(error));
  return conclude(context, { alias, seat: account.seat, report });
}

function wantedAliases({ store }: Context, aliases: readonly Alias[] | null): readonly Alias[] {
  const state = store.read();
  if (aliases === null)
    return state.accounts.filter((account) => account.availability.enabled).map((account) => account.alias);
  for (const alias of aliases) enabledAccount(state, alias);
  return [...new Set(aliases)];
}

function show(context: Context, run: Run, item: Item): void {
  run.items.set(item.alias, item);
  context.emit({
    type: 'probe',
    at: isoTime(context.now()),
    probeId: run.probeId,
    alias: item.alias,
    state: item.state,
    message: item.message,
  });
}

function viewOf({ probeId, startedAt, finishedAt, items }: Run): ProbeRunView {
  return { probeId, startedAt: isoTime(startedAt), finishedAt: isoTimeOrNull(finishedAt), items: [...items.values()] };
}

/** Lets at most so many tasks run at the same instant; the others wait in order. */
function createSlots(parallelMax: number): <R>(task: () => Promise<R>) => Promise<R> {
  let taken = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (taken < parallelMax) taken += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      // The place goes to the next in line without becoming free in between.
      const next = waiting.shift();
      if (next === undefined) taken -= 1;
      else next();
    }
  };
}
