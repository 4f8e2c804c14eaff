import { mkdir, readdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

import { type ProgramResult, runProgram } from './run-program.ts';

const NPM_MS = 120_000;
const COMMAND_MS = 90_000;

/** A prefix of npm into which oma can be installed. */
export interface InstalledOma {
  readonly prefix: string;
  /** What a person's shell has: the directory of the installed commands comes first. */
  readonly env: Readonly<Record<string, string>>;
  /** Installs a packed oma, in place of the one that is there. Without the network: its cache is empty and npm is offline. */
  install: (tarball: string) => Promise<ProgramResult>;
  remove: () => Promise<ProgramResult>;
  /** Runs any command as a shell would find it. */
  run: (command: string, ...args: readonly string[]) => Promise<ProgramResult>;
  /** Runs `oma <args>`. */
  oma: (...args: readonly string[]) => Promise<ProgramResult>;
  /** Runs `oma <args> --json` and parses what it prints. Errors: what it said when it failed. */
  json: <T>(...args: readonly string[]) => Promise<T>;
}

/** Packs an oma that is built, as `npm publish` would; gives the tarball's path. */
export async function packOma(root: string, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const args = ['pack', '--ignore-scripts', '--pack-destination', directory];
  const env = { ...withThisNode(process.env['PATH'] ?? ''), HOME: directory };
  succeeded(await runProgram({ file: 'npm', args, env, cwd: root, deadlineMs: NPM_MS }), 'npm pack');
  const tarball = (await readdir(directory)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack made no tarball');
  return join(directory, tarball);
}

/** Describes a prefix; nothing is installed yet. `env` is the home it is used in. */
export function installedOma(
  directory: string,
  { env, cwd }: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
): InstalledOma {
  const prefix = join(directory, 'prefix');
  const path = `${join(prefix, 'bin')}${delimiter}${env['PATH'] ?? ''}`;
  const shell = { ...env, ...withThisNode(path) };
  const npm = (...args: readonly string[]) =>
    runProgram({
      file: 'npm',
      args: [...args, '--global', '--prefix', prefix, '--cache', join(directory, 'npm-cache'), '--offline'],
      env: { ...shell, npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' },
      cwd,
      deadlineMs: NPM_MS,
    });
  const run = (command: string, ...args: readonly string[]) =>
    runProgram({ file: command, args, env: shell, cwd, deadlineMs: COMMAND_MS });
  const oma = (...args: readonly string[]) => run(join(prefix, 'bin', 'oma'), ...args);
  return {
    prefix,
    env: shell,
    install: (tarball) => npm('install', tarball),
    remove: () => npm('uninstall', 'open-multi-auth'),
    run,
    oma,
    json: async <T>(...args: readonly string[]) =>
      JSON.parse(succeeded(await oma(...args, '--json'), `oma ${args.join(' ')}`).stdout) as T,
  };
}

/** Gives the result back if the program ended well. Errors: what it said. */
export function succeeded(result: ProgramResult, what: string): ProgramResult {
  if (result.code === 0) return result;
  throw new Error(`${what} ended with ${String(result.code)}: ${result.stderr}${result.stdout}`);
}

// The machine's own Node may be an old one; the shebang is to find the one that runs this.
function withThisNode(path: string): { PATH: string } {
  return { PATH: `${dirname(process.execPath)}${delimiter}${path}` };
}
