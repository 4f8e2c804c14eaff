import { readFile } from 'node:fs/promises';

import * as z from 'zod';

import { type Figure, figureSchema, meetsBar } from './figure.ts';

/** What a run leaves behind as JSON. */
const resultsSchema = z.object({
  machine: z.record(z.string(), z.string()),
  sections: z.array(z.object({ name: z.string(), figures: z.array(figureSchema) })),
});

/** The part of it that two runs are compared by. */
export interface Results {
  readonly sections: readonly { readonly figures: readonly Figure[] }[];
}

/** A figure may be worse than before by this factor; the noise of a quiet machine is well below. */
const TOLERANCE = 1.25;

/** Reads the results of an earlier run. */
export async function readResults(file: string): Promise<Results> {
  return resultsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

/**
 * Names what became worse. Shape: one sentence each; empty = nothing.
 * Why: ratios of one run are compared and bars, never times, so that two machines can be compared.
 */
export function regressions(before: Results, after: Results): readonly string[] {
  const known = new Map(figuresOf(before).map((figure) => [figure.id, figure]));
  return figuresOf(after).flatMap((figure) => {
    const old = known.get(figure.id);
    if (old === undefined) return [];
    if (meetsBar(old) === true && meetsBar(figure) === false)
      return [`${figure.what}: the bar was met and is missed now.`];
    if (old.ratio === null || figure.ratio === null) return [];
    const worse = figure.better === 'lower' ? figure.ratio / old.ratio : old.ratio / figure.ratio;
    return worse <= TOLERANCE
      ? []
      : [`${figure.what}: ${old.ratio.toFixed(2)}x before, ${figure.ratio.toFixed(2)}x now.`];
  });
}

function figuresOf({ sections }: Results): readonly Figure[] {
  return sections.flatMap(({ figures }) => figures);
}
