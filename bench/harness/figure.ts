import * as z from 'zod';

import { median, ratios } from './statistics.ts';

const partSchema = z.object({
  name: z.string(),
  value: z.number(),
  p99: z.number().nullable(),
  elsewhere: z.boolean().describe('Not measured in this run: published figures of another program.'),
});

/** One line of the report: what was measured of ours, what stands beside it, and what was promised. */
export const figureSchema = z.object({
  id: z.string().describe('Stays the same between runs; what --compare matches by.'),
  what: z.string(),
  unit: z.string(),
  better: z.enum(['lower', 'higher']),
  ours: partSchema,
  beside: z.array(partSchema),
  ratio: z.number().nullable().describe('Median over the rounds of ours divided by the first part beside it.'),
  rounds: z.array(z.number()).describe('That quotient in each round.'),
  bar: z.object({ of: z.enum(['ratio', 'value']), limit: z.number() }).nullable(),
  note: z.string(),
});
export type Figure = z.infer<typeof figureSchema>;
export type Part = z.infer<typeof partSchema>;

/** What a section says of one quantity; the rest has defaults. */
export interface FigureInput extends Pick<Figure, 'id' | 'what' | 'unit'> {
  readonly better?: Figure['better'];
  readonly ours: Part;
  readonly beside?: readonly Part[];
  readonly rounds?: readonly number[];
  readonly bar?: Figure['bar'];
  readonly note?: string;
}

/** Makes a figure. */
export function figure(input: FigureInput): Figure {
  const { better = 'lower', beside = [], rounds = [], bar = null, note = '', ...rest } = input;
  return {
    ...rest,
    better,
    beside: [...beside],
    rounds: [...rounds],
    bar,
    note,
    ratio: rounds.length === 0 ? null : median(rounds),
  };
}

/** A part that is the median of one value a round. */
export function part(name: string, values: readonly number[], p99s?: readonly number[]): Part {
  return { name, value: median(values), p99: p99s === undefined ? null : median(p99s), elsewhere: false };
}

/** A figure somebody else published. */
export function elsewhere(name: string, value: number, p99: number | null = null): Part {
  return { name, value, p99, elsewhere: true };
}

/** Ours and one thing beside it, measured in the same rounds. */
export function sideBySide(
  ours: { readonly name: string; readonly values: readonly number[]; readonly p99s?: readonly number[] },
  beside: { readonly name: string; readonly values: readonly number[]; readonly p99s?: readonly number[] },
): Pick<FigureInput, 'ours' | 'beside' | 'rounds'> {
  return {
    ours: part(ours.name, ours.values, ours.p99s),
    beside: [part(beside.name, beside.values, beside.p99s)],
    rounds: ratios(ours.values, beside.values),
  };
}

/** Whether a figure keeps what was promised; null = nothing was. */
export function meetsBar({ bar, better, ratio, ours }: Figure): boolean | null {
  if (bar === null) return null;
  const found = bar.of === 'ratio' ? ratio : ours.value;
  if (found === null) return false;
  return better === 'lower' ? found <= bar.limit : found >= bar.limit;
}
