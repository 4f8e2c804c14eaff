import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { isOmaError } from '../contract/errors.ts';
import type { Context } from './context.ts';
import { hasPluginList, pluginEntries, type PluginEntry } from './opencode-config.ts';
import { globalDirectory, type PluginList } from './opencode-lists.ts';
import { isThere, readText } from './text-file.ts';

/** One entry of a list that OpenCode reads here. Shape: `where` is a file, or the variable that holds the list. */
export interface PlacedEntry extends PluginEntry {
  readonly where: string;
}

/** What OpenCode 1.18 reads when it starts in a directory. Shape: in its order; of two plugins that do the same the last wins. */
export interface Places {
  readonly entries: readonly PlacedEntry[];
  /** Scripts that it loads because of where they lie. */
  readonly scripts: readonly string[];
  /** What cannot be read, and why; OpenCode does not start with it. */
  readonly broken: readonly { readonly where: string; readonly because: string }[];
}

/** OpenCode loads every script that lies in one of these. */
const SCRIPT_DIRECTORIES = ['plugin', 'plugins'] as const;
const SCRIPT = /[.][jt]s$/;
const OF_PROJECT = '.opencode';
/** What an administrator put there wins over everything. */
const MANAGED = { darwin: '/Library/Application Support/opencode', linux: '/etc/opencode' };

/** Reads every list of plugins that OpenCode reads when it is started here; never throws for what they hold. */
export async function readPlaces(context: Context, list: PluginList): Promise<Places> {
  const looks = await whereItLooks(context, list);
  const own = await Promise.all(looks.own.map(readPlace));
  const others = [
    ...(await Promise.all(looks.files.map(readPlace))),
    ...readContent(context, list),
    ...(await Promise.all(managedFiles(context, list).map(readPlace))),
  ];
  const counted = list.oneWins ? own.filter(({ hasList }) => hasList).slice(-1) : own;
  return {
    entries: [...counted, ...others].flatMap(({ entries }) => entries),
    scripts: (await Promise.all(looks.directories.map(scriptsIn))).flat(),
    broken: [...own, ...others].flatMap(({ where, because }) => (because === null ? [] : [{ where, because }])),
  };
}

/** Tells whether OpenCode, started from here, loads no plugin of anybody. */
export function isPure({ environment }: Pick<Context, 'environment'>): boolean {
  return isOn(environment['OPENCODE_PURE']);
}

interface Looks {
  /** In the directory of the user, the one that wins last. */
  readonly own: readonly string[];
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

async function whereItLooks(context: Context, list: PluginList): Promise<Looks> {
  const { environment, home, cwd } = context;
  const directory = globalDirectory(context);
  const upwards = isOn(environment['OPENCODE_DISABLE_PROJECT_CONFIG']) ? [] : await upToWorktree(cwd);
  const file = environment[list.fileVariable] ?? '';
  const more = environment['OPENCODE_CONFIG_DIR'] ?? '';
  const others = [
    ...upwards.map((above) => join(above, OF_PROJECT)),
    join(home, OF_PROJECT),
    ...(more === '' ? [] : [resolve(cwd, more)]),
  ];
  const directories = [...new Set(others)];
  const inside = (above: string): string[] => list.projectNames.map((name) => join(above, name));
  return {
    own: list.names.map((name) => join(directory, name)).reverse(),
    files: [
      ...(file === '' ? [] : [resolve(cwd, file)]),
      ...upwards.toReversed().flatMap(inside),
      ...directories.flatMap(inside),
    ],
    directories: [directory, ...directories],
  };
}

/** Shape: the nearest first. Why: without a repository OpenCode goes up to the root. */
async function upToWorktree(cwd: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (let directory = cwd; ; directory = dirname(directory)) {
    found.push(directory);
    if ((await isThere(join(directory, '.git'))) || dirname(directory) === directory) return found;
  }
}

interface Place {
  readonly where: string;
  readonly entries: readonly PlacedEntry[];
  readonly hasList: boolean;
  readonly because: string | null;
}

async function readPlace(file: string): Promise<Place> {
  try {
    return parsePlace(file, await readText(file));
  } catch (error) {
    return brokenPlace(file, error);
  }
}

function readContent({ environment }: Context, { contentVariable }: PluginList): readonly Place[] {
  const content = contentVariable === null ? '' : (environment[contentVariable] ?? '');
  if (contentVariable === null || content === '') return [];
  try {
    return [parsePlace(contentVariable, content)];
  } catch (error) {
    return [brokenPlace(contentVariable, error)];
  }
}

function parsePlace(where: string, text: string | null): Place {
  const entries = pluginEntries(text).map((entry) => ({ ...entry, where }));
  return { where, entries, hasList: text !== null && hasPluginList(text), because: null };
}

function brokenPlace(where: string, error: unknown): Place {
  if (!isOmaError(error, 'CONFIG_INVALID')) throw error;
  // What to do about it is said by whoever asks.
  return { where, entries: [], hasList: false, because: error.message.split(' — ')[0] ?? '' };
}

function managedFiles({ platform }: Context, { contentVariable, projectNames }: PluginList): readonly string[] {
  if (contentVariable === null || (platform !== 'linux' && platform !== 'darwin')) return [];
  return projectNames.map((name) => join(MANAGED[platform], name));
}

async function scriptsIn(directory: string): Promise<readonly string[]> {
  const found = await Promise.all(
    SCRIPT_DIRECTORIES.map(async (name) => {
      const names = await readdir(join(directory, name)).catch(() => []);
      return names.filter((script) => SCRIPT.test(script)).map((script) => join(directory, name, basename(script)));
    }),
  );
  return found.flat();
}

/** As OpenCode reads its switches. */
function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:true|1)$/i.test(value);
}
