import { command } from '../command.ts';
import { tail } from '../log-tail.ts';
import { usage } from '../parse.ts';
import { logLineText } from '../render/log-line.ts';

const LINES_DEFAULT = 50;
const LINES_MAX = 100_000;

/** Prints the log of the supervisor and its children. */
export const logs = command({
  name: 'logs',
  summary: 'Prints the log, readable; -f goes on with what comes.',
  flags: {
    follow: { summary: 'Goes on until Ctrl-C, also when the log is rotated.', short: 'f' },
    lines: {
      summary: `How many of the last lines, at most ${String(LINES_MAX)} (default ${String(LINES_DEFAULT)}).`,
      value: 'N',
      short: 'n',
    },
  },
  fails: ['CONFIG_INVALID', 'SOCKET_PATH_TOO_LONG'],
  more: 'With --json the lines come out as they are in the file: one JSON value a line.',
  run: async (context, input) => {
    const file = context.paths().logFile;
    const follow = input.has('follow');
    const lines = linesOf(input.value('lines'));
    let printed = 0;
    for await (const line of tail({ file, lines, follow, signal: context.signal })) {
      context.stdout.write(`${input.json ? line : logLineText(line, context.paint)}\n`);
      printed += 1;
    }
    if (printed === 0 && !follow && lines > 0)
      context.stderr.write('There is no log yet; the supervisor writes it once it runs.\n');
    return null;
  },
});

function linesOf(text: string | undefined): number {
  if (text === undefined) return LINES_DEFAULT;
  const lines = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (lines <= LINES_MAX) return lines;
  throw usage(`-n takes a number up to ${String(LINES_MAX)}, not "${text}"`, `write -n ${String(LINES_DEFAULT)}`);
}
