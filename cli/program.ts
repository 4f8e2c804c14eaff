import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { OmaError } from '../contract/errors.ts';
import { BUILD_ID, VERSION } from '../runtime/build-info.ts';
import { ownUid } from '../runtime/own-uid.ts';
import { commandTable } from './commands/table.ts';
import type { ProcessFacts, Programs } from './context.ts';
import { createContext } from './create-context.ts';
import { asOmaError, errorLine, EXIT, exitCodeOf } from './exit.ts';
import { run } from './run.ts';

/** Signals that end a command in order; a second one ends it at once. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs oma as the command line of this process says. */
export async function program(host: NodeJS.Process, entryUrl: string): Promise<void> {
  endInWords(host);
  const ending = new AbortController();
  for (const signal of SIGNALS) {
    // Not once: without a listener of ours, the library that watches children would end the process at the first one.
    host.on(signal, () => {
      if (ending.signal.aborted) host.exit(EXIT.interrupted);
      else ending.abort();
    });
  }
  // Whoever reads us has gone, as in `oma logs -f | head`.
  host.stdout.on('error', () => ending.abort());
  const context = createContext(factsOf(host, entryUrl, ending.signal));
  host.exitCode = await run(context, host.argv.slice(2), commandTable());
}

/** Why: Node would print the stack of an exception that nobody foresaw, and whatever its message holds. */
function endInWords(host: NodeJS.Process): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    host.on(event, (reason: unknown) => {
      const error = asOmaError(reason);
      host.stderr.write(`${errorLine(error)}\n`);
      host.exit(exitCodeOf(error));
    });
  }
}

function factsOf(host: NodeJS.Process, entryUrl: string, signal: AbortSignal): ProcessFacts {
  const { stdin, stdout, stderr, env, pid, platform } = host;
  return {
    stdin,
    stdout,
    stderr,
    environment: env,
    home: homedir(),
    cwd: directoryOf(host),
    uid: ownUid(),
    pid,
    platform,
    programs: programsBeside(dirname(fileURLToPath(entryUrl)), host.execPath),
    build: { version: VERSION, buildId: BUILD_ID },
    nodeVersion: host.versions.node,
    isAlive: (other) => isAlive(host, other),
    signal,
  };
}

/** Why: a directory that was removed under a shell is no mistake of oma. */
function directoryOf(host: NodeJS.Process): string {
  try {
    return host.cwd();
  } catch (error) {
    const what = 'the directory that you are in is gone — change to another one, with cd, and try again';
    throw new OmaError('USAGE', what, undefined, error);
  }
}

function isAlive(host: NodeJS.Process, pid: number): boolean {
  try {
    return host.kill(pid, 0);
  } catch {
    return false;
  }
}

function programsBeside(directory: string, node: string): Programs {
  return {
    node,
    cli: join(directory, 'cli.js'),
    supervisor: join(directory, 'supervisor.js'),
    simulator: join(directory, 'simulator.js'),
    plugin: join(directory, 'plugin', 'server.js'),
    tui: join(directory, 'plugin', 'tui.js'),
  };
}
