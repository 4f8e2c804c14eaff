import fc from 'fast-check';

/** How a fuzz test runs. Shape: `OMA_FUZZ_RUNS` makes it longer, `OMA_SEED` repeats one; fast-check prints the seed of a failure. */
export const FUZZ = {
  numRuns: Number(process.env['OMA_FUZZ_RUNS'] ?? '120'),
  ...(process.env['OMA_SEED'] === undefined ? {} : { seed: Number(process.env['OMA_SEED']) }),
};

/** Values that programs stumble over. */
const AWKWARD = fc.constantFrom(
  ...[null, true, 0, -1, 1e300, 9_007_199_254_740_993, '', ' ', '\u0000', '__proto__', 'constructor', '../..'],
  ...['9'.repeat(400), 'x'.repeat(100_000), [], {}, [[]], { toString: 1 }, { __proto__: { alias: 'x' } }],
);

/** Text that was valid once: a piece cut out, doubled, replaced or put in, some times over. */
export function mutatedText(text: string): fc.Arbitrary<string> {
  const at = fc.nat({ max: Math.max(0, text.length) });
  const edit = fc.record({ at, length: fc.nat({ max: 40 }), put: fc.string({ unit: 'binary', maxLength: 8 }) });
  const edited = fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce((now, { at: from, length, put }) => now.slice(0, from) + put + now.slice(from + length), text),
    );
  return fc.oneof(
    edited,
    at.map((end) => text.slice(0, end)),
    fc.string({ unit: 'binary' }),
  );
}

/** JSON that was valid once: one or two of its values replaced by something else, anywhere in the tree, or its text mutated. */
export function mutatedJson(value: unknown): fc.Arbitrary<string> {
  const replaced = fc
    .array(fc.tuple(fc.nat(), fc.oneof(AWKWARD, fc.jsonValue())), { minLength: 1, maxLength: 2 })
    .map((changes) =>
      changes.reduce<unknown>((now, [index, other]) => replaceNth(now, index % Math.max(1, count(now)), other), value),
    );
  return fc.oneof(
    replaced.map((changed) => JSON.stringify(changed)),
    mutatedText(JSON.stringify(value)),
  );
}

function count(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return 1 + Object.values(value).reduce<number>((sum, child) => sum + count(child), 0);
}

function replaceNth(value: unknown, index: number, other: unknown): unknown {
  if (index === 0) return other;
  if (typeof value !== 'object' || value === null) return value;
  let left = index - 1;
  const entries = Object.entries(value).map(([key, child]): [string, unknown] => {
    const size = count(child);
    const isHere = left >= 0 && left < size;
    const next = isHere ? replaceNth(child, left, other) : child;
    left = isHere ? -1 : left - size;
    return [key, next];
  });
  return Array.isArray(value) ? entries.map(([, child]) => child) : Object.fromEntries(entries);
}
