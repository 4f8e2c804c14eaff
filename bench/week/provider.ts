import { readPrompt } from '../../cli/simulator/prompt-cache.ts';
import { FIVE_HOURS_MINUTES, type Seat, seatSchema, WEEK_MINUTES } from '../../cli/simulator/seat.ts';
import { consume, currentWindow, exhaustedWindow } from '../../cli/simulator/windows.ts';
import type { CachedPrompt } from '../../cli/simulator/world.ts';
import type { ProbeReport } from '../../contract/limits.ts';
import type { Ask } from './demand.ts';

/** A plan: how much its five-hour window holds. Units: cost, as `costOf` has it. */
export interface Plan {
  readonly alias: string;
  readonly fiveHourCost: number;
  /** What was used of the week when the simulation begins, and when it is given back. */
  readonly weeklyUsedPercent: number;
  readonly weeklyResetsAtMs: number;
}

/** What became of a request: done with so many tokens read from the cache, or refused until then. */
export type Served =
  | { readonly kind: 'done'; readonly cachedTokens: number; readonly cost: number }
  | { readonly kind: 'full'; readonly resetsAtMs: number };

/** The simulated provider of the demo, reduced to what spends quota: windows and prompt cache, in virtual time. */
export interface Provider {
  readonly serve: (alias: string, ask: Ask) => Served;
  readonly probe: (alias: string, now: number) => ProbeReport;
}

const MODEL = 'gpt-5.5';
/** A week holds so many full five-hour windows. */
const WINDOWS_PER_WEEK = 7;
/** Price of a token against one that is read anew. */
const CACHED_PRICE = 0.1;
const OUTPUT_PRICE = 6;

/** What a request takes from the windows. Units: the price of an input token that is read anew. */
export function costOf({ inputTokens, outputTokens }: Ask, cachedTokens: number): number {
  return inputTokens - cachedTokens + cachedTokens * CACHED_PRICE + outputTokens * OUTPUT_PRICE;
}

/** Makes a provider with these plans. */
export function createProvider(plans: readonly Plan[]): Provider {
  const seats = new Map(plans.map((plan) => [plan.alias, seatOf(plan)]));
  const budgets = new Map(plans.map(({ alias, fiveHourCost }) => [alias, fiveHourCost]));
  let prompts: ReadonlyMap<string, CachedPrompt> = new Map();
  const seatAt = (alias: string): Seat => {
    const seat = seats.get(alias);
    if (seat === undefined) throw new RangeError(`no seat ${alias}`);
    return seat;
  };
  return {
    serve: (alias, ask) => {
      const seat = seatAt(alias);
      const full = exhaustedWindow(seat, MODEL, ask.at);
      if (full !== null) return { kind: 'full', resetsAtMs: full.resetsAtMs };
      const prompt = { alias, key: ask.session, tokens: ask.inputTokens };
      const [nextPrompts, cachedTokens] = readPrompt(prompts, prompt, ask.at);
      prompts = nextPrompts;
      const cost = costOf(ask, cachedTokens);
      seats.set(alias, charge(seat, (100 * cost) / (budgets.get(alias) ?? Number.NaN), ask.at));
      return { kind: 'done', cachedTokens, cost };
    },
    probe: (alias, now) => ({
      kind: 'complete',
      source: 'usage-endpoint',
      model: null,
      effort: null,
      codexVersion: null,
      sessionFile: null,
      attempts: [],
      observedAtMs: now,
      planType: null,
      windows: seatAt(alias).windows.map((window) => {
        const { limitId, limitName, durationMinutes, usedPercent, resetsAtMs } = currentWindow(window, now);
        return { limitId, limitName, durationMinutes, usedPercent, resetsAtMs };
      }),
    }),
  };
}

/** Shape: `percent` of the five-hour window. */
function charge(seat: Seat, percent: number, now: number): Seat {
  const windows = seat.windows.map((window) => ({
    ...window,
    perRequestPercent: window.durationMinutes === WEEK_MINUTES ? percent / WINDOWS_PER_WEEK : percent,
  }));
  return consume({ ...seat, windows }, MODEL, now);
}

function seatOf({ alias, weeklyUsedPercent, weeklyResetsAtMs }: Plan): Seat {
  return seatSchema.parse({
    alias,
    email: `${alias}@example.test`,
    accountId: `ws-${alias}`,
    userId: `user-${alias}`,
    windows: [
      { slot: 'primary', durationMinutes: FIVE_HOURS_MINUTES },
      {
        slot: 'secondary',
        durationMinutes: WEEK_MINUTES,
        usedPercent: weeklyUsedPercent,
        resetsAtMs: weeklyResetsAtMs,
      },
    ],
  });
}
