import type { Outcome } from '../../contract/failure.ts';
import type { Settings } from '../../contract/settings.ts';
import { recordOutcome } from '../../supervisor/core/health.ts';
import { chooseAccount } from '../../supervisor/core/lease.ts';
import { acceptProbe } from '../../supervisor/core/limits.ts';
import type { Account, State } from '../../supervisor/core/state.ts';
import type { Ask } from './demand.ts';
import type { Provider } from './provider.ts';

/** What a week came to. Units: tokens, requests. */
export interface Week {
  readonly asked: number;
  readonly refused: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  /** Tokens of work done, read and written, before a request was refused for the first time. */
  readonly tokensBeforeDry: number;
  readonly tokens: number;
  /** What the work took from the windows. */
  readonly cost: number;
  /** Requests that an account refused before another one served them. */
  readonly moved: number;
}

const PROBE_PERIOD_MS = 15 * 60_000;
const MODEL = 'gpt-5.5';

/** What a week is played with. */
export interface WeekWorld {
  readonly provider: Provider;
  readonly settings: Settings;
  /** An order that is tried out: the eligible account with the smallest number serves. Null = the strategy of the settings. */
  readonly order: ((account: Account, now: number) => number) | null;
}

/** Plays a week through the real decision core: it chooses, hears of refusals and sees the limits by probes only. */
export function simulateWeek(start: State, asks: readonly Ask[], world: WeekWorld): Week {
  const week = {
    asked: 0,
    refused: 0,
    inputTokens: 0,
    cachedTokens: 0,
    tokensBeforeDry: 0,
    tokens: 0,
    cost: 0,
    moved: 0,
  };
  let state = start;
  let probedAt = Number.NEGATIVE_INFINITY;
  for (const ask of asks) {
    if (ask.at - probedAt >= PROBE_PERIOD_MS) {
      state = probeAll(state, world.provider, ask.at);
      probedAt = ask.at;
    }
    const [next, served] = serve(state, ask, world);
    state = next;
    week.asked += 1;
    week.moved += served.tries - 1;
    if (served.cachedTokens === null) {
      week.refused += 1;
      continue;
    }
    week.inputTokens += ask.inputTokens;
    week.cachedTokens += served.cachedTokens;
    week.cost += served.cost;
    week.tokens += ask.inputTokens + ask.outputTokens;
    if (week.refused === 0) week.tokensBeforeDry = week.tokens;
  }
  return week;
}

interface Answered {
  /** Null = refused. */
  readonly cachedTokens: number | null;
  readonly cost: number;
  readonly tries: number;
}

function serve(start: State, ask: Ask, { provider, settings, order }: WeekWorld): readonly [State, Answered] {
  let state = order === null ? start : ordered(start, (account) => order(account, ask.at));
  const exclude: string[] = [];
  for (let tries = 1; ; tries += 1) {
    const input = { needs: { model: MODEL, exclude }, sessionId: ask.session, settings };
    const [leased, choice] = chooseAccount(state, input, ask.at);
    state = leased;
    if (choice.account === null) return [state, { cachedTokens: null, cost: 0, tries }];
    const { alias } = choice.account;
    const served = provider.serve(alias, ask);
    const outcome = served.kind === 'done' ? SUCCESS : { ...LIMITED, retryAtMs: served.resetsAtMs };
    [state] = recordOutcome(state, { alias, model: MODEL, outcome }, ask.at);
    if (served.kind === 'done') return [state, { ...served, tries }];
    if (tries >= choice.attemptsMax) return [state, { cachedTokens: null, cost: 0, tries }];
    exclude.push(alias);
  }
}

/** Why: least-used takes the smallest count, so any order can be tried without a strategy of its own. */
function ordered(state: State, order: (account: Account) => number): State {
  const ranked = state.accounts.toSorted((a, b) => order(a) - order(b));
  return {
    ...state,
    accounts: state.accounts.map((account) => ({
      ...account,
      usage: { ...account.usage, count: ranked.indexOf(account) },
    })),
  };
}

function probeAll(state: State, provider: Provider, now: number): State {
  return state.accounts.reduce((before, { alias, seat }) => {
    const [after] = acceptProbe(before, { alias, seat, report: provider.probe(alias, now) }, now);
    return after;
  }, state);
}

const SUCCESS: Outcome = {
  kind: 'success',
  status: 200,
  retryAtMs: null,
  limitId: null,
  errorCode: null,
  phase: 'complete',
  firstByteMs: 500,
  durationMs: 5_000,
};
const LIMITED: Outcome = { ...SUCCESS, kind: 'rate-limited', status: 429, phase: 'before-output' };
