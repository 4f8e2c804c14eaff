import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

const DRY_RUN = { 'dry-run': { type: 'boolean', default: false } } as const satisfies Options;

/**
 * Reads the flags of a long run. With `--dry-run` it prints how it understood them, as JSON, and the process ends.
 * Errors: a flag that there is none of, or a word that is no flag.
 * Why: so a document that names a run of hours can be tested in a second.
 */
export function readArguments<const T extends Options>(options: T) {
  const { values } = parseArgs({ options: { ...options, ...DRY_RUN } });
  if (process.argv.includes('--dry-run')) endDry({ values });
  return values;
}

/** The same for a run that takes words beside its flags. Errors: as above, and a word that is not among these. */
export function readWords<const T extends Options>(options: T, among: readonly string[]) {
  const { values, positionals } = parseArgs({ options: { ...options, ...DRY_RUN }, allowPositionals: true });
  const unknown = positionals.filter((word) => !among.includes(word));
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}; there are ${among.join(', ')}.`);
  if (process.argv.includes('--dry-run')) endDry({ values, positionals });
  return { values, positionals };
}

function endDry(understood: object): never {
  process.stdout.write(`${JSON.stringify(understood)}\n`);
  process.exit(0);
}
