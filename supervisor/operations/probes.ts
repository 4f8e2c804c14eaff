import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { ProbeAttempt, ProbeReport, ProbeSource } from '../../contract/limits.ts';
import type { CallContext } from '../../contract/operation.ts';
import type { ProbeRunView } from '../../contract/probe.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import { findAccount } from '../core/access.ts';
import { acceptProbe, markProbe, probeModels } from '../core/limits.ts';
import type { Account } from '../core/state.ts';
import { isoTime, isoTimeOrNull } from '../core/time.ts';
import { seatHash } from '../core/view.ts';
import type { Context } from './context.ts';
import type { Refresher } from './refresher.ts';

/** Probes that run at the same instant. */
const PARALLEL_MAX = 2;

/** Runs remembered after their end, for those who still ask. */
const RUNS_MAX = 50;

/** Attempts of one probe that its report shows. */
const ATTEMPTS_SHOWN_MAX = 32;

/** A token handed to codex must live at least this long, in milliseconds. */
const TOKEN_LIFE_MS = 10 * 60 * 1_000;

/** Probes on demand and in the background. */
export interface Probes {
  /** Errors: ACCOUNT_NOT_FOUND, ACCOUNT_DISABLED, OPERATION_IN_PROGRESS (every account asked for is being probed). */
  start: (aliases: readonly Alias[] | null, call: CallContext) => ProbeRunView;
  get: (probeId: string) => ProbeRunView;
  /** Probes one account by the background sources unless it is being probed; answers when it is over. */
  inBackground: (alias: Alias) => Promise<void>;
}

type Item = ProbeRunView['items'][number];

interface Run {
  readonly probeId: string;
  readonly startedAt: EpochMs;
  finishedAt: EpochMs | null;
  readonly items: Map<Alias, Item>;
}

/** What the probes need besides the context. */
export interface ProbeDeps {
  readonly context: Context;
  readonly refresher: Refresher;
}

/** Creates the probes over the given context. */
export function createProbes({ context, refresher }: ProbeDeps): Probes {
  const runs = new Map<string, Run>();
  const running = new Set<Alias>();
  const slots = createSlots(PARALLEL_MAX);

  const probe = async (run: Run, alias: Alias, sources: readonly ProbeSource[]): Promise<void> => {
    running.add(alias);
    show(context, run, { alias, state: 'queued', source: null, message: 'waiting', attempts: [] });
    await slots(async () => {
      show(context, run, { alias, state: 'running', source: sources[0] ?? null, message: 'running', attempts: [] });
      context.store.change('probe.running', (state) => [markProbe(state, alias, 'running'), undefined]);
      try {
        show(
          context,
          run,
          await conclude(context, alias, await askAll({ context, refresher }, run.probeId, { alias, sources })),
        );
      } catch (error) {
        show(context, run, await giveUp(context, alias, error));
      }
    });
    running.delete(alias);
  };

  const begin = (
    aliases: readonly Alias[],
    sources: readonly ProbeSource[],
  ): { readonly run: Run; readonly done: Promise<unknown> } => {
    const run: Run = { probeId: context.newId('probe'), startedAt: context.now(), finishedAt: null, items: new Map() };
    runs.set(run.probeId, run);
    forgetOldest(runs);
    const done = Promise.all(aliases.map((alias) => probe(run, alias, sources))).finally(() => {
      run.finishedAt = context.now();
      context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['accounts', 'probes'] });
    });
    return { run, done };
  };

  return {
    start: (aliases, call) => {
      const wanted = wantedAliases(context, aliases);
      const free = wanted.filter((alias) => !running.has(alias));
      if (wanted.length > 0 && free.length === 0)
        throw new OmaError('OPERATION_IN_PROGRESS', 'These accounts are being probed already. Wait for the result.', {
          aliases: wanted,
        });
      const { run, done } = begin(free, context.settings.effective().settings.probeSources);
      done.catch((error: unknown) => {
        context.log.error(
          { probeId: run.probeId, requestId: call.requestId, cause: String(error) },
          'a probe run ended unforeseen',
        );
      });
      return viewOf(run);
    },
    get: (probeId) => {
      const run = runs.get(probeId);
      if (run === undefined)
        throw new OmaError('PROBE_NOT_FOUND', 'This probe is unknown or long over. Start a new one.');
      return viewOf(run);
    },
    inBackground: async (alias) => {
      const sources = context.settings.effective().settings.probeBackgroundSources;
      if (sources.length > 0 && !running.has(alias)) await begin([alias], sources).done;
    },
  };
}

interface Asked {
  readonly alias: Alias;
  readonly sources: readonly ProbeSource[];
}

/** Asks one source after the other until one completes; the report carries the attempts of all. */
async function askAll(deps: ProbeDeps, probeId: string, { alias, sources }: Asked): Promise<ProbeReport> {
  const reports: ProbeReport[] = [];
  for (const source of sources) {
    const report = await askWithFreshToken(deps, { probeId: `${probeId}.${alias}.${source}`, alias, source });
    reports.push(report);
    if (report.kind === 'complete') break;
  }
  const telling =
    reports.find(({ kind }) => kind === 'complete') ?? reports.find(({ kind }) => kind === 'no_data') ?? reports.at(-1);
  if (telling === undefined) throw new OmaError('INVALID_SETTINGS', 'No probe source is set. Set probeSources.');
  return { ...telling, attempts: reports.flatMap(({ attempts }) => attempts).slice(-ATTEMPTS_SHOWN_MAX) };
}

interface Ask {
  readonly probeId: string;
  readonly alias: Alias;
  readonly source: ProbeSource;
}

/** Why: only the supervisor refreshes, so a probe that is refused for its token is asked again once, with a new one. */
async function askWithFreshToken({ context, refresher }: ProbeDeps, ask: Ask): Promise<ProbeReport> {
  let account = findAccount(context.store.read(), ask.alias);
  if (account.credentials.expiresAt - context.now() < TOKEN_LIFE_MS)
    account = await refresher.renew(ask.alias, account.credentials.accessToken);
  const report = await askOnce(context, ask, account);
  if (report.kind !== 'failed' || report.code !== 'UNAUTHORIZED') return report;
  account = await refresher.renew(ask.alias, account.credentials.accessToken);
  const again = await askOnce(context, ask, account);
  return { ...again, attempts: [...report.attempts, ...again.attempts].slice(-ATTEMPTS_SHOWN_MAX) };
}

async function askOnce(
  { worker, probeRunner, addresses, settings }: Context,
  { probeId, source }: Ask,
  account: Account,
): Promise<ProbeReport> {
  const { accessToken, idToken } = account.credentials;
  const { accountId } = account.seat;
  const { baseUrl, codexBin, probeHomesDir: homesDir } = addresses;
  try {
    if (source === 'usage-endpoint') return await worker['usage.read']({ baseUrl, accessToken, accountId });
    const { probeEffort: effort, probeModels: wanted } = settings.effective().settings;
    const models = [...probeModels(account.limits, wanted)];
    return await probeRunner['probe.run']({
      probeId,
      source,
      seat: seatHash(account.seat),
      homesDir,
      codexBin,
      baseUrl,
      accessToken,
      idToken,
      accountId,
      models,
      effort,
    });
  } catch (error) {
    return failed(source, isOmaError(error) ? error.message : 'oma made a mistake during this probe.');
  }
}

async function conclude({ store }: Context, alias: Alias, report: ProbeReport): Promise<Item> {
  const { seat } = findAccount(store.read(), alias);
  const durability = report.kind === 'complete' ? 'before-reply' : 'soon';
  await store.transact('probe.accept', (state, now) => acceptProbe(state, { alias, seat, report }, now), durability);
  const { limits } = findAccount(store.read(), alias);
  const state = report.kind === 'complete' ? 'success' : report.kind === 'no_data' ? 'no_data' : 'error';
  return {
    alias,
    state,
    source: report.source,
    message: limits.error ?? (report.kind === 'no_data' ? report.message : 'limits updated'),
    attempts: report.attempts,
  };
}

/** A probe that could not even be asked leaves the limits as they were. */
async function giveUp(context: Context, alias: Alias, error: unknown): Promise<Item> {
  if (!isOmaError(error))
    context.log.error({ alias, cause: String(error) }, 'a probe failed for a reason nobody foresaw');
  const message = isOmaError(error) ? error.message : 'oma made a mistake during this probe; its log says more.';
  if (!context.store.read().accounts.some((account) => account.alias === alias))
    return { alias, state: 'error', source: null, message: 'The account was removed meanwhile.', attempts: [] };
  return conclude(context, alias, failed('codex-exec', message));
}

function failed(source: ProbeSource, message: string): ProbeReport {
  const text = message.slice(0, 500);
  const attempt: ProbeAttempt = { source, model: null, effort: null, code: 'CHILD_DIED', message: text };
  return {
    kind: 'failed',
    source,
    model: null,
    effort: null,
    codexVersion: null,
    sessionFile: null,
    attempts: [attempt],
    code: 'CHILD_DIED',
    message: text,
    retryAtMs: null,
  };
}

function wantedAliases({ store }: Context, aliases: readonly Alias[] | null): readonly Alias[] {
  const state = store.read();
  if (aliases === null)
    return state.accounts.filter((account) => account.availability.enabled).map((account) => account.alias);
  for (const alias of aliases) {
    if (!findAccount(state, alias).availability.enabled)
      throw new OmaError(
        'ACCOUNT_DISABLED',
        `"${alias}" is disabled, so it is not probed. Enable it with "oma enable ${alias}".`,
        { alias },
      );
  }
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

function forgetOldest(runs: Map<string, Run>): void {
  if (runs.size <= RUNS_MAX) return;
  const over = [...runs.values()].find((run) => run.finishedAt !== null);
  if (over !== undefined) runs.delete(over.probeId);
}

/** Lets at most so many tasks run at the same instant; the others wait in order. */
function createSlots(parallelMax: number): <R>(task: () => Promise<R>) => Promise<R> {
  let taken = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (taken >= parallelMax) await new Promise<void>((resolve) => waiting.push(resolve));
    taken += 1;
    try {
      return await task();
    } finally {
      taken -= 1;
      waiting.shift()?.();
    }
  };
}
