import { describe, expect, it } from 'vitest';

import { type Command, command } from '../../../cli/command.ts';
import { commandTable } from '../../../cli/commands/table.ts';
import { findCommand, parseInput } from '../../../cli/parse.ts';
import { isOmaError } from '../../../contract/errors.ts';

const greet = command({
  name: 'greet',
  summary: 'Greets.',
  args: [
    { name: 'WHO', summary: 'Whom.' },
    { name: '[MORE…]', summary: 'And whom else.' },
  ],
  flags: { loud: { summary: 'Louder.', short: 'l' }, times: { summary: 'How often.', value: 'N', short: 'n' } },
  run: () => Promise.resolve(null),
});
const one: Command = { ...greet, name: 'one', args: [{ name: 'WHO', summary: 'Whom.' }], flags: {} };

describe('findCommand', () => {
  const names = (argv: string[]) => {
    const found = findCommand(argv, commandTable());
    return [found.command.name, ...found.argv];
  };
  it.each([
    [
      ['list', '--json'],
      ['list', '--json'],
    ],
    [
      ['settings', 'set', 'lowThreshold', '20'],
      ['settings set', 'lowThreshold', '20'],
    ],
    [['store', 'check'], ['store check']],
    [[], ['help']],
    [['--help'], ['help']],
    [
      ['-h', 'list'],
      ['help', 'list'],
    ],
    [['--version'], ['version']],
    [
      ['-V', '--json'],
      ['version', '--json'],
    ],
    [
      ['settings', '--help'],
      ['help', 'settings'],
    ],
    [
      ['settings', 'get', '--help'],
      ['settings get', '--help'],
    ],
  ])('reads %j as %j', (argv, expected) => expect(names(argv)).toEqual(expected));

  it.each([
    [['lst'], '"lst" is not a command — did you mean "list"?'],
    [['frobnicate'], '"frobnicate" is not a command — `oma help` lists what there is'],
    [['settings'], '`oma settings` needs one of: get, set, reset, preset — `oma help settings` explains them'],
    [['settings', 'gte'], '"settings gte" is not a command — did you mean "get"?'],
    [
      ['--json', 'list'],
      '"--json" stands before the command — write the command first, then its flags; `oma help` lists the commands',
    ],
    [['constructor'], '"constructor" is not a command — `oma help` lists what there is'],
  ])('refuses %j with what to do', (argv, message) =>
    expect(refusal(() => findCommand(argv, commandTable()))).toBe(message),
  );
});

describe('parseInput', () => {
  it('reads arguments, switches and values in any order', () => {
    const input = parseInput(greet, ['ann', '--times', '3', 'bob', '-l', 'cid']);
    expect(input.args).toEqual(['ann', 'bob', 'cid']);
    expect([input.has('loud'), input.value('times'), input.json, input.help]).toEqual([true, '3', false, false]);
  });
  it('reads values behind an equals sign, also when they look like flags or are long', () => {
    expect(parseInput(greet, ['ann', '--times=-3']).value('times')).toBe('-3');
    expect(parseInput(greet, ['ann', '-n5']).value('times')).toBe('5');
  });
  it('takes everything after -- as arguments, whatever it looks like', () => {
    const input = parseInput(greet, ['--json', '--', '--loud', '-x', '--help']);
    expect(input.args).toEqual(['--loud', '-x', '--help']);
    expect([input.json, input.has('loud'), input.help]).toEqual([true, false, false]);
  });
  it('tells an absent flag from a given one', () => {
    const input = parseInput(greet, ['ann']);
    expect([input.has('loud'), input.value('times')]).toEqual([false, undefined]);
  });
  it('shows help even when an argument is missing', () => expect(parseInput(greet, ['--help']).help).toBe(true));

  it.each([
    [greet, ['ann', '--luod'], '`oma greet` has no flag --luod — did you mean --loud?'],
    [greet, ['ann', '--zzz'], '`oma greet` has no flag --zzz — `oma help greet` lists its flags'],
    [greet, ['ann', '-z'], '`oma greet` has no flag -z — `oma help greet` lists its flags'],
    [greet, ['ann', '--loud=yes'], '--loud takes no value — write just --loud'],
    [greet, ['ann', '--times'], '--times needs a value — write --times=N'],
    [greet, ['ann', '--times='], '--times needs a value — write --times=N'],
    [greet, ['ann', '--times', '--loud'], '--times needs a value — write --times=N'],
    [greet, ['ann', '--toString'], '`oma greet` has no flag --toString — `oma help greet` lists its flags'],
    [greet, ['ann', '--__proto__'], '`oma greet` has no flag --__proto__ — `oma help greet` lists its flags'],
    [greet, [], '`oma greet` needs WHO — `oma help greet` shows how to write it'],
    [one, ['ann', 'bob'], '`oma one` does not take "bob" — `oma help one` shows what it takes'],
  ])('refuses %o %j', (subject, argv, message) => expect(refusal(() => parseInput(subject, argv))).toBe(message));
});

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isOmaError(error, 'USAGE')) return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}
