import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { ProbeAttempt, ProbeFailureCode, ProbeReport, ProbeSource } from '../../contract/limits.ts';
import type { Alias } from '../../contract/scalars.ts';
import { findAccount } from '../core/access.ts';
import { probeModels } from '../core/limits.ts';
import type { Account, State } from '../core/state.ts';
import { seatHash } from '../core/view.ts';
import type { Context } from './context.ts';
import type { Refresher } from './refresher.ts';

/** Attempts of one probe that its report shows. */
const ATTEMPTS_SHOWN_MAX = 32;

/** A token handed to codex must live at least this long, in milliseconds. */
const TOKEN_LIFE_MS = 10 * 60 * 1_000;

/** What probes are asked with. */
export interface ProbeDeps {
  readonly context: Context;
  readonly refresher: Refresher;
}

/** Which account is asked about, by which sources. */
export interface Asked {
  readonly alias: Alias;
  readonly sources: readonly ProbeSource[];
}

/** Asks one source after the other until one completes; the report carries the attempts of all. */
export async function askAll(deps: ProbeDeps, probeId: string, { alias, sources }: Asked): Promise<ProbeReport> {
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

/** An account that may be probed. Errors: ACCOUNT_NOT_FOUND, ACCOUNT_DISABLED. */
export function enabledAccount(state: State, alias: Alias): Account {
  const account = findAccount(state, alias);
  if (account.availability.enabled) return account;
  throw new OmaError(
    'ACCOUNT_DISABLED',
    `"${alias}" is disabled, so it is not probed. Enable it with "oma enable ${alias}".`,
    { alias },
  );
}

/** What kept a probe from being asked, in the words of probes. */
export function failureCodeOf(error: unknown): ProbeFailureCode {
  if (isOmaError(error, 'UPSTREAM_UNREACHABLE')) return 'UNREACHABLE';
  return isOmaError(error, 'REFRESH_REJECTED') || isOmaError(error, 'ACCOUNT_NEEDS_LOGIN')
    ? 'UNAUTHORIZED'
    : 'CHILD_DIED';
}

/** The report of a probe that could not be asked. */
export function failedReport(source: ProbeSource, message: string, code: ProbeFailureCode): ProbeReport {
  const text = message.slice(0, 500);
  const attempt: ProbeAttempt = { source, model: null, effort: null, code, message: text };
  return {
    kind: 'failed',
    source,
    model: null,
    effort: null,
    codexVersion: null,
    sessionFile: null,
    attempts: [attempt],
    code,
    message: text,
    retryAtMs: null,
  };
}

interface Ask {
  readonly probeId: string;
  readonly alias: Alias;
  readonly source: ProbeSource;
}

/** Why: only the supervisor refreshes, so a probe that is refused for its token is asked again once, with a new one. */
async function askWithFreshToken({ context, refresher }: ProbeDeps, ask: Ask): Promise<ProbeReport> {
  let account = enabledAccount(context.store.read(), ask.alias);
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
    return failedReport(
      source,
      isOmaError(error) ? error.message : 'oma made a mistake during this probe.',
      'CHILD_DIED',
    );
  }
}
