import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { OmaError } from '../contract/errors.ts';
import { type PluginOptions, pluginOptionsSchema } from '../contract/opencode.ts';
import type { Context } from './context.ts';
import { type OpenAiLogin, openAiLogin, withoutPlaceholder, withPlaceholder } from './opencode-auth.ts';
import { newConfig, pluginEntries, type PluginEntry, withoutPlugins, withPlugin } from './opencode-config.ts';
import {
  type ConfigFile,
  configFiles,
  globalDirectory,
  type PluginList,
  SERVER,
  theOneThatWins,
  TUI,
} from './opencode-lists.ts';
import { type PlacedEntry, type Places, readPlaces } from './opencode-places.ts';
import { type Rival, rivalsAmong } from './opencode-rivals.ts';
import { readText, replaceText } from './text-file.ts';

/** A file of OpenCode and what it is to hold. Shape: `before` null is a new file, `after` null no file; `isSecret` files are neither shown nor copied. */
export interface Change {
  readonly file: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly isSecret: boolean;
}

/** What an installation changes, and what a person should know about it. */
export interface Installation {
  readonly file: string;
  /** The file that names `/oma` and the status line of OpenCode's terminal. */
  readonly terminalFile: string;
  readonly spec: string;
  readonly login: OpenAiLogin;
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
}

/** Where the plugin is installed: the file, what it says, and whether that is this oma. */
export interface Installed {
  readonly file: string;
  readonly spec: string;
  readonly isThisOma: boolean;
  /** The Node that starts the supervisor; null = the one on the PATH. */
  readonly node: string | null;
}

const LISTS = [SERVER, TUI] as const;
const CONFIG_MODE = 0o644;
const SECRET_MODE = 0o600;

/** OpenCode 1.18 passes over every plugin whose path contains one of these, and says nothing. */
const IGNORED_BY_OPENCODE = ['opencode-openai-codex-auth', 'opencode-copilot-auth'];
const NPX_CACHE = /[/\\]_npx[/\\]/;

/**
 * Plans how the plugin gets into the configuration of a directory; changes nothing yet.
 * Errors: CONFIG_INVALID.
 */
export async function planInstall(context: Context, directory: string): Promise<Installation> {
  const entry = ourEntry(context, SERVER);
  const config = await installInto(context, directory, SERVER);
  const tui = await installInto(context, directory, TUI);
  const authFile = context.paths().openCodeAuthFile;
  const auth = await readText(authFile);
  const login = openAiLogin(auth);
  const placeholder = {
    file: authFile,
    before: auth,
    after: login === 'none' ? withPlaceholder(auth) : (auth ?? ''),
    isSecret: true,
  };
  const from = directory === globalDirectory(context) ? context.cwd : directory;
  const { rivals } = await findLoaded({ ...context, cwd: from });
  return {
    file: config.file,
    terminalFile: tui.file,
    spec: entry.spec,
    login,
    changes: [config, tui, placeholder].filter(isChange),
    warnings: warningsOf(entry, rivals),
  };
}

/** Plans how the plugin gets out of the configuration of a directory, and the placeholder with it when nothing needs it any more. */
export async function planUninstall(context: Context, directory: string): Promise<readonly Change[]> {
  const configs = await Promise.all(LISTS.map((list) => uninstallFrom(context, directory, list)));
  const authFile = context.paths().openCodeAuthFile;
  const auth = await readText(authFile);
  const isNeeded = directory !== globalDirectory(context) || auth === null || openAiLogin(auth) !== 'placeholder';
  const logins = isNeeded ? [] : [{ file: authFile, before: auth, after: withoutPlaceholder(auth), isSecret: true }];
  return [...configs.flat(), ...logins].filter(isChange);
}

/** Writes what was planned, file by file, each in one step. */
export async function apply(changes: readonly Change[]): Promise<void> {
  for (const { file, after, isSecret } of changes) {
    if (after === null) await rm(file);
    else await replaceText(file, after, { mode: isSecret ? SECRET_MODE : CONFIG_MODE, backup: !isSecret });
  }
}

/** Finds the plugin in the configuration of a directory; null when it is not there. */
export function findInstalled(context: Context, directory: string): Promise<Installed | null> {
  return findIn(context, directory, SERVER);
}

/** Finds the plugin of the terminal, `/oma` and its status line; null when it is not there. */
export function findInstalledTui(context: Context, directory: string): Promise<Installed | null> {
  return findIn(context, directory, TUI);
}

/** What OpenCode loads when it is started here, as far as it concerns oma. */
export interface Loaded extends Pick<Places, 'broken'> {
  /** Each oma once, in the order in which OpenCode loads them: the last one answers. */
  readonly omas: readonly Installed[];
  readonly rivals: readonly Rival[];
}

/** Finds every oma and every rival that OpenCode loads when it is started here. Errors: CONFIG_INVALID when OpenCode ignores oma where it lies. */
export async function findLoaded(context: Context): Promise<Loaded> {
  const ours = ourEntry(context, SERVER);
  const { entries, scripts, broken } = await readPlaces(context, SERVER);
  const omas = new Map<string, Installed>();
  for (const entry of entries.filter(isOurs(ours))) {
    // Of two with the same name OpenCode keeps the place of the later one.
    omas.delete(entry.spec);
    omas.set(entry.spec, installedAs(entry, ours));
  }
  const others = entries.filter((entry) => !isOurs(ours)(entry));
  return { omas: [...omas.values()], rivals: await rivalsAmong(others, scripts), broken };
}

/** Tells whether OpenCode's terminal, started here, loads `/oma` and its status line. */
export async function isInTerminal(context: Context): Promise<boolean> {
  const { entries } = await readPlaces(context, TUI);
  return entries.some(isOurs(ourEntry(context, TUI)));
}

async function findIn(context: Context, directory: string, list: PluginList): Promise<Installed | null> {
  const entry = ourEntry(context, list);
  for (const { file, text } of await countingIn(context, directory, list)) {
    const found = pluginEntries(text).find(isOurs(entry));
    if (found !== undefined) return installedAs({ ...found, where: file }, entry);
  }
  return null;
}

function installedAs({ where, spec, options }: PlacedEntry, ours: PluginEntry): Installed {
  const { node = null } = pluginOptionsSchema.safeParse(options).data ?? {};
  return { file: where, spec, isThisOma: spec === ours.spec, node };
}

/** Why: where the list of one file stands for all, an entry in another one counts for nothing. */
async function countingIn(context: Context, directory: string, list: PluginList): Promise<readonly ConfigFile[]> {
  const files = await configFiles(directory, list);
  return list.oneWins && directory === globalDirectory(context) ? theOneThatWins(files) : files;
}

async function installInto(context: Context, directory: string, list: PluginList): Promise<Change> {
  const ours = isOurs(ourEntry(context, list));
  const files = await countingIn(context, directory, list);
  const { file, text } = files.find((config) => pluginEntries(config.text).some(ours)) ??
    files[0] ??
    (await configFiles(directory, list))[0] ?? { file: join(directory, list.nameOfNew), text: null };
  const after = withPlugin(text ?? newConfig(list.schema), ourEntry(context, list), ours);
  return { file, before: text, after, isSecret: false };
}

async function uninstallFrom(context: Context, directory: string, list: PluginList): Promise<readonly Change[]> {
  const ours = isOurs(ourEntry(context, list));
  const files = await configFiles(directory, list);
  return files.map(({ file, text }) => ({
    file,
    before: text,
    after: unlessNew(text, withoutPlugins(text, ours), newConfig(list.schema)),
    isSecret: false,
  }));
}

function ourEntry({ programs }: Context, { program }: PluginList): PluginEntry {
  const spec = pathToFileURL(programs[program]).href;
  const ignored = IGNORED_BY_OPENCODE.find((name) => spec.includes(name));
  if (ignored !== undefined)
    throw new OmaError(
      'CONFIG_INVALID',
      `oma lies in a directory with "${ignored}" in its path, and OpenCode ignores every plugin there — move oma elsewhere`,
    );
  const options: PluginOptions = { node: programs.node, supervisor: programs.supervisor };
  return { spec, options };
}

// The options have a form that only oma writes, so an entry of an oma that lay elsewhere is ours, too.
function isOurs(entry: PluginEntry): (other: PluginEntry) => boolean {
  return ({ spec, options }) => spec === entry.spec || pluginOptionsSchema.strict().safeParse(options).success;
}

function isChange({ before, after }: Change): boolean {
  return after !== (before ?? '');
}

/** A file that now holds only what oma puts into a new one was made by oma, and goes. */
function unlessNew(before: string, after: string, empty: string): string | null {
  return after !== before && after === empty ? null : after;
}

function warningsOf({ spec }: PluginEntry, found: readonly Rival[]): string[] {
  const rivals = found.map(
    (rival) =>
      `Another plugin answers for OpenAI logins, too: "${rival.spec}"${rival.where === null ? '' : ` in ${rival.where}`}. Take it out, or it may win over oma.`,
  );
  const passing = NPX_CACHE.test(spec)
    ? ['oma runs from the cache of npx, which npm may clear: install oma for good and run this again.']
    : [];
  return [...rivals, ...passing];
}
