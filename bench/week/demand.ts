import { seededRandom } from '../../test/support/seeded-random.ts';

/** One request of a simulated person. Units: tokens; `at` in epoch milliseconds. */
export interface Ask {
  readonly at: number;
  readonly session: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Who works, and how much. */
export interface DemandInput {
  readonly seed: number;
  readonly startAt: number;
  readonly sessionsPerDay: number;
}

const DAYS = 7;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const SECOND_MS = 1_000;
/** Work begins between these hours. */
const WORK_HOURS = [9, 19] as const;
/** Share of the work that is done on each of the last two days of the week. */
const WEEKEND = 0.4;
const TURNS_MEAN = 30;
const FIRST_TOKENS = 12_000;
const GROWTH_TOKENS = 2_500;
const CONTEXT_MAX = 200_000;

/** A week of coding sessions: bursts of tool calls seconds apart, a person's pauses between, and a context that grows. Shape: ascending in time. */
export function demandOf({ seed, startAt, sessionsPerDay }: DemandInput): readonly Ask[] {
  const random = seededRandom(seed);
  const asks: Ask[] = [];
  for (let day = 0; day < DAYS; day += 1) {
    const sessions = Math.round(sessionsPerDay * (day >= DAYS - 2 ? WEEKEND : 1));
    for (let number = 0; number < sessions; number += 1) {
      const hour = WORK_HOURS[0] + random() * (WORK_HOURS[1] - WORK_HOURS[0]);
      asks.push(
        ...sessionFrom(startAt + day * DAY_MS + hour * HOUR_MS, `ses_${String(day)}_${String(number)}`, random),
      );
    }
  }
  return asks.sort((a, b) => a.at - b.at);
}

function sessionFrom(startAt: number, session: string, random: () => number): readonly Ask[] {
  const asks: Ask[] = [];
  let at = startAt;
  let inputTokens = FIRST_TOKENS;
  const turns = Math.ceil(-Math.log(1 - random()) * TURNS_MEAN);
  for (let turn = 0; turn < turns; turn += 1) {
    asks.push({ at, session, inputTokens: Math.round(inputTokens), outputTokens: Math.round(200 + random() * 1_200) });
    inputTokens = Math.min(CONTEXT_MAX, inputTokens + random() * 2 * GROWTH_TOKENS);
    // Nine of ten requests follow a tool call; after the tenth a person thinks.
    at += random() < 0.9 ? (5 + random() * 25) * SECOND_MS : (60 + random() * 600) * SECOND_MS;
  }
  return asks;
}
