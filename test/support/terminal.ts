import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { removeTree } from './remove-tree.ts';
import { until } from './until.ts';

/** A program in a real terminal. */
export interface Terminal {
  /** Presses keys by their names in tmux: `Enter`, `Escape`, `C-c`. */
  readonly press: (...keys: readonly string[]) => Promise<void>;
  readonly type: (text: string) => Promise<void>;
  /** What the screen shows, without colours. */
  readonly screen: () => Promise<string>;
  /** Every screen that was looked at, without white space, which breaks long words. */
  readonly seen: () => string;
  /** Waits until the screen shows a text, and returns the screen. Errors: with the screen as it was at the deadline. */
  readonly shows: (text: string | RegExp, deadlineMs?: number) => Promise<string>;
  /** What programs in it put into its clipboard last. Errors: when nothing was. */
  readonly clipboard: () => Promise<string>;
  readonly close: () => Promise<void>;
}

export interface TerminalOptions {
  readonly command: readonly string[];
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly columns: number;
  readonly rows: number;
}

const SHOWS_MS = 60_000;
/** Each look starts a program; more of them would slow down what is looked at. */
const LOOK_EVERY_MS = 80;
const run = promisify(execFile);

/** Starts a program in a terminal of its own: a tmux server that nobody else uses and no configuration reaches. */
export async function openTerminal({ command, env, cwd, columns, rows }: TerminalOptions): Promise<Terminal> {
  const directory = await mkdtemp(join(tmpdir(), 'oma-tmux-'));
  const tmux = async (...args: readonly string[]): Promise<string> =>
    (await run('tmux', ['-u', '-S', join(directory, 's'), '-f', '/dev/null', ...args])).stdout;
  const quiet = async (...args: readonly string[]): Promise<void> => {
    await tmux(...args);
  };
  const variables = Object.entries({ ...env, TERM: 'xterm-256color', COLORTERM: 'truecolor' });
  const size = ['-x', String(columns), '-y', String(rows)];
  const program = ['env', '-i', ...variables.map(([name, value]) => `${name}=${value}`), ...command];
  await tmux('new-session', '-d', ...size, '-c', cwd, '--', ...program);
  await tmux('set-option', '-s', 'set-clipboard', 'on');
  // What a program said last can be read after it has ended.
  await tmux('set-option', '-g', 'remain-on-exit', 'on');
  let seen = '';
  const screen = async (): Promise<string> => {
    const shown = await tmux('capture-pane', '-p');
    seen += shown.replace(/\s+/g, '');
    return shown;
  };
  return {
    press: (...keys) => quiet('send-keys', ...keys),
    type: (text) => quiet('send-keys', '-l', text),
    screen,
    seen: () => seen,
    async shows(text, deadlineMs = SHOWS_MS) {
      let last = '';
      const isShown = async (): Promise<boolean> => {
        last = await screen();
        return typeof text === 'string' ? last.includes(text) : text.test(last);
      };
      await until(isShown, { deadlineMs, everyMs: LOOK_EVERY_MS, what: `"${String(text)}" on the screen` }).catch(
        (error: unknown) => {
          throw new Error(`${String(error)} It shows:\n${last}`, { cause: error });
        },
      );
      return last;
    },
    clipboard: () => tmux('show-buffer'),
    async close() {
      await tmux('kill-server').catch(() => undefined);
      await removeTree(directory);
    },
  };
}
