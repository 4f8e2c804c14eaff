import type { ProbeAttempt, ProbeReport } from '../contract/limits.ts';
import type { Params } from '../contract/operation.ts';
import type { ProbeOperations } from '../contract/probe-operations.ts';
import { redact } from '../runtime/redact.ts';
import { askAppServer } from './app-server.ts';
import type { Deps } from './deps.ts';
import { failure, type Verdict } from './evidence.ts';
import type { FindCodex } from './find-codex.ts';
import { clean, isLoginUntouched, openHome, writeLogin } from './home.ts';
import { judge } from './judge.ts';
import { type Attempt, nextAttempt, type Tried } from './plan.ts';
import { needsRelay, openRelay } from './relay.ts';
import { runExec, type Stage } from './run-codex.ts';

export type ProbeParams = Params<ProbeOperations, 'probe.run'>;

/** One run of a source. Shape: `attempt` null = the source runs no model. */
interface Turn {
  readonly attempt: Attempt | null;
  readonly verdict: Verdict;
}

/** What a report is made of. */
interface Findings {
  readonly params: ProbeParams;
  readonly codexVersion: string | null;
  readonly turns: readonly Turn[];
}

/** Probes one seat by one source and says what it saw; the home holds no login afterwards, whatever happens. */
export async function runProbe(
  deps: Deps,
  findCodex: FindCodex,
  { params, signal }: { readonly params: ProbeParams; readonly signal: AbortSignal },
): Promise<ProbeReport> {
  if (signal.aborted) return unrun(params, failure('CANCELLED', 'The probe was cancelled before it began.'));
  const { codex, version, message } = await findCodex(params.codexBin);
  if (codex === null) return unrun(params, failure('UNSUPPORTED_CODEX', message), version);
  const home = await openHome(params.homesDir, params.seat);
  const relay = needsRelay(params.baseUrl) ? await openRelay(params.baseUrl) : null;
  try {
    const written = await writeLogin(home, params, deps.now());
    const stage: Stage = {
      codex,
      home,
      baseUrl: relay?.baseUrl ?? params.baseUrl,
      accountId: params.accountId,
      signal,
    };
    const turns =
      params.source === 'codex-exec'
        ? await tryModels(deps, stage, params)
        : [{ attempt: null, verdict: await askAppServer(deps, stage) }];
    if (await isLoginUntouched(home, written)) return reportOf({ params, codexVersion: version, turns });
    deps.log.error(
      { seat: params.seat, codexVersion: version },
      'codex changed the login of a probe, which it must never do; its answer was thrown away',
    );
    const verdict = failure(
      'UNKNOWN_SHAPE',
      'codex changed the login it was given, which it must never do. Its answer was thrown away; oma may need an update.',
    );
    return reportOf({ params, codexVersion: version, turns: [...turns, { attempt: null, verdict }] });
  } finally {
    await Promise.all([clean(home), relay?.close()]);
  }
}

function unrun(params: ProbeParams, verdict: Verdict, codexVersion: string | null = null): ProbeReport {
  return reportOf({ params, codexVersion, turns: [{ attempt: null, verdict }] });
}

/** Runs codex until a model answers, nothing is left to try, or trying makes no sense. */
async function tryModels(deps: Deps, stage: Stage, wish: ProbeParams): Promise<readonly Turn[]> {
  const turns: Turn[] = [];
  const tried: Tried[] = [];
  for (let attempt = nextAttempt(wish, tried); attempt !== null; attempt = nextAttempt(wish, tried)) {
    const verdict = judge(await runExec(deps, stage, attempt));
    turns.push({ attempt, verdict });
    if (verdict.kind !== 'failed') break;
    tried.push({ attempt, failure: verdict });
  }
  return turns;
}

function reportOf({ params: { source }, codexVersion, turns }: Findings): ProbeReport {
  const attempts = turns.map((turn) => attemptOf(source, turn));
  const last = attempts.at(-1);
  const verdict = turns.at(-1)?.verdict ?? failure('UNKNOWN_SHAPE', 'The probe did not run.');
  const base = { source, model: last?.model ?? null, effort: last?.effort ?? null, codexVersion, attempts };
  switch (verdict.kind) {
    case 'complete':
      return { ...base, ...verdict, windows: [...verdict.windows] };
    case 'no_data':
      return { ...base, ...verdict };
    case 'failed':
      return {
        ...base,
        kind: 'failed',
        sessionFile: null,
        code: verdict.code,
        message: told(verdict.message),
        retryAtMs: null,
      };
  }
}

function attemptOf(source: ProbeParams['source'], { attempt, verdict }: Turn): ProbeAttempt {
  return {
    source,
    model: attempt?.model ?? null,
    effort: attempt?.effort ?? null,
    code: verdict.kind === 'failed' ? verdict.code : null,
    message: verdict.kind === 'complete' ? 'Completed.' : told(verdict.message),
  };
}

/** Characters of a message that leave this process, at most. */
const MESSAGE_CHARS_MAX = 500;

/** codex and the backend may quote what nobody else shall read. */
function told(message: string): string {
  return redact(message).slice(0, MESSAGE_CHARS_MAX);
}
