import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { commandTable } from '../../cli/commands/table.ts';
import { findCommand, parseInput } from '../../cli/parse.ts';
import { ELSEWHERE } from './commands-elsewhere.ts';
import { STEPS } from './commands-run.ts';
import { commandsOf, readDocument, ROOT, shellBlocks } from './documents.ts';

const COMMANDS = commandTable();

/** The scripts of package.json. */
export const { scripts: SCRIPTS } = JSON.parse(readDocument('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** Scripts that `npm test` runs, itself included. */
export const IN_NPM_TEST = closureOf('test');

/** Commands of blocks that another spec types to the letter: tour.spec.ts and recovery.spec.ts. */
const FOLLOWED = [
  ...shellBlocks('docs/TOUR.md'),
  ...shellBlocks('README.md').slice(1, 2),
  ...shellBlocks('docs/OFFLINE_RECOVERY.md'),
]
  .flatMap(({ script }) => commandsOf(script))
  .map((command) => command.replace(/^npx oma\b/, 'oma'));

/** How a command of a document is looked after. */
type Care = 'typed' | 'followed' | 'elsewhere' | 'in npm test' | 'dry run' | 'name';

/** Tells how a command is looked after; the first that fits. Shape: null = nobody decided about it. */
export function careOf(command: string): Care | null {
  if (STEPS.some(({ written }) => written === command)) return 'typed';
  if (FOLLOWED.includes(command)) return 'followed';
  if (Object.hasOwn(ELSEWHERE, command)) return 'elsewhere';
  const script = scriptOf(command);
  if (script !== null && script.args === '' && IN_NPM_TEST.includes(script.name)) return 'in npm test';
  if (script !== null && knowsDryRun(script.line)) return 'dry run';
  return isName(command) ? 'name' : null;
}

/**
 * Splits `npm run NAME -- ARGS`, also with variables before it, or `node FILE ARGS`; null = neither.
 * Shape: `line` is what a shell runs for it, without the build before.
 */
export function scriptOf(
  command: string,
): { readonly name: string; readonly line: string; readonly args: string } | null {
  const [, name, given = ''] = /^(?:\w+=\S+ )*npm run (\S+)(?: -- (.+))?$/.exec(command) ?? [];
  if (name !== undefined) return { name, line: SCRIPTS[name]?.split('&&').at(-1)?.trim() ?? '', args: given };
  const [, line, args = ''] = /^(node (?:test|bench|scripts)\/\S+\.ts)(?: (.+))?$/.exec(command) ?? [];
  return line === undefined ? null : { name: line, line, args };
}

function closureOf(name: string): readonly string[] {
  const words = SCRIPTS[name]?.split(/\s+/) ?? [];
  return [name, ...words.filter((word) => word !== name && word in SCRIPTS).flatMap(closureOf)];
}

function knowsDryRun(line: string): boolean {
  const [, file] = /^node (\S+\.ts)/.exec(line) ?? [];
  try {
    return file !== undefined && /\bread(Arguments|Words)\(/.test(readFileSync(join(ROOT, file), 'utf8'));
  } catch {
    return false;
  }
}

/** A program alone, a group of commands, or a command or flag of oma that cannot be typed without more: a name in prose. */
function isName(command: string): boolean {
  if (/^(oma|node|codex|opencode|notify-send)$/.test(command)) return true;
  const [program, ...words] = command.split(' ');
  if (program !== 'oma' || isComplete(words)) return false;
  const isGroup = COMMANDS.some(({ name }) => name.split(' ')[0] === words.join(' '));
  return isGroup || isComplete([...words, 'X']) || isComplete([...words, 'X', 'X']);
}

function isComplete(words: readonly string[]): boolean {
  try {
    const { command, argv } = findCommand(words, COMMANDS);
    parseInput(command, argv);
    return true;
  } catch {
    return false;
  }
}
