import { join } from 'node:path';

import type { Context } from './context.ts';
import { hasPluginList } from './opencode-config.ts';
import { readText } from './text-file.ts';

/** One list of plugins of OpenCode, and where it keeps it. */
export interface PluginList {
  readonly program: 'plugin' | 'tui';
  /** Every file of it in the directory of a user, the one that wins first. */
  readonly names: readonly string[];
  /** Every file of it in a project, the one that wins last. */
  readonly projectNames: readonly string[];
  readonly nameOfNew: string;
  readonly schema: string;
  /** In the directory of a user the list of the file that wins stands for those of all. */
  readonly oneWins: boolean;
  /** The variable that names one more file. */
  readonly fileVariable: string;
  /** The variable that holds a list itself. */
  readonly contentVariable: string | null;
}

/** The plugins of OpenCode itself. */
export const SERVER: PluginList = {
  program: 'plugin',
  names: ['opencode.jsonc', 'opencode.json', 'config.json'],
  projectNames: ['opencode.json', 'opencode.jsonc'],
  nameOfNew: 'opencode.json',
  schema: 'https://opencode.ai/config.json',
  oneWins: true,
  fileVariable: 'OPENCODE_CONFIG',
  contentVariable: 'OPENCODE_CONFIG_CONTENT',
};

/** The plugins of its terminal. Why: not a new `tui.json`, since OpenCode moves an older theme and key bindings there only while there is none. */
export const TUI: PluginList = {
  program: 'tui',
  names: ['tui.jsonc', 'tui.json'],
  projectNames: ['tui.json', 'tui.jsonc'],
  nameOfNew: 'tui.jsonc',
  schema: 'https://opencode.ai/tui.json',
  oneWins: false,
  fileVariable: 'OPENCODE_TUI_CONFIG',
  contentVariable: null,
};

/** A file that may hold a list. */
export interface ConfigFile {
  readonly file: string;
  readonly text: string;
}

/** Says where OpenCode keeps the configuration of this user. */
export function globalDirectory({ environment, home }: Pick<Context, 'environment' | 'home'>): string {
  const base = environment['XDG_CONFIG_HOME'];
  return join(base === undefined || base === '' ? join(home, '.config') : base, 'opencode');
}

/** Reads the files of a list in a directory, the one that wins first. Errors: CONFIG_INVALID. */
export async function configFiles(directory: string, { names }: PluginList): Promise<readonly ConfigFile[]> {
  const files = await Promise.all(
    names.map(async (name) => ({ file: join(directory, name), text: await readText(join(directory, name)) })),
  );
  return files.flatMap(({ file, text }) => (text === null ? [] : [{ file, text }]));
}

/** Picks the file whose list stands for those of all; files are given the one that wins first. Errors: CONFIG_INVALID. */
export function theOneThatWins(files: readonly ConfigFile[]): readonly ConfigFile[] {
  return files.filter(({ text }) => hasPluginList(text)).slice(0, 1);
}
