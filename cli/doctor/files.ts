import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { Paths } from '../../runtime/paths.ts';
import { isSocketAlive } from '../../runtime/socket-alive.ts';
import { checkStore } from '../check-store.ts';
import type { Context } from '../context.ts';
import { globalDirectory } from '../opencode-lists.ts';
import { type Finding, finding, fine, type Fix } from './finding.ts';

const OTHERS = 0o077;
/** Directories of this name are ours alone, so their permissions may be mended. */
const OUR_NAME = 'opencode-multi-auth';
const DRAFT = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Which supervisor runs, if any; that of the demo has a store of its own, and one that cannot be asked may be at work. */
export type Runs = 'nothing' | 'supervisor' | 'demo' | 'unknown';

/** Looks at what oma has on disk: who may read it, what was left behind, whether the store is sound. */
export async function examineFiles(context: Context, runs: Runs): Promise<readonly Finding[]> {
  const isRunning = runs !== 'nothing';
  const paths = context.paths();
  const places = await Promise.all(privatePaths(paths).map((path) => examinePlace(path, context.uid)));
  const found = [
    ...places.filter((place) => place !== null),
    ...(await examineSocket(paths.socketPath, isRunning)),
    ...(isRunning ? [] : await examineLeftovers(context)),
  ];
  const isTidy = found.length === 0;
  return [
    ...(isTidy ? [fine('files', 'Files and socket are private, and nothing was left behind.')] : found),
    await examineStore(context, runs),
  ];
}

function privatePaths({ storeDir, storeFile, stateDir, runtimeDir, logFile }: Paths): readonly string[] {
  const files = [storeFile, `${storeFile}.last-good`, logFile];
  const others = [join(storeDir, 'service.env'), join(stateDir, 'dashboard-token')];
  return [...new Set([storeDir, stateDir, runtimeDir, ...files, ...others])];
}

async function examinePlace(path: string, uid: number): Promise<Finding | null> {
  const found = await lstat(path).catch(() => null);
  if (found === null || found.isSymbolicLink()) return null;
  const what = found.isDirectory() ? 'directory' : 'file';
  if (found.uid !== uid)
    return finding('problem', {
      id: 'foreign-file',
      what: `This ${what} belongs to another user: ${path}`,
      advice: 'Give it back to yourself (sudo chown), or choose another place with OPENCODE_MULTI_AUTH_STORE_DIR.',
    });
  if ((found.mode & OTHERS) === 0) return null;
  const mode = found.isDirectory() ? 0o700 : 0o600;
  const isOurs = path.split('/').includes(OUR_NAME);
  const fix: Fix = { done: `Made private (${mode.toString(8)}): ${path}`, run: () => chmod(path, mode) };
  return finding('warning', {
    id: 'permissions',
    what: `Other users may open this ${what}: ${path}`,
    advice: `chmod ${mode.toString(8)} ${path}`,
    fix: isOurs ? fix : null,
  });
}

async function examineSocket(socketPath: string, isRunning: boolean): Promise<readonly Finding[]> {
  const found = await lstat(socketPath).catch(() => null);
  if (isRunning || found?.isSocket() !== true || (await isSocketAlive(socketPath))) return [];
  return [
    finding('note', {
      id: 'stale-socket',
      what: `A supervisor that died left its socket: ${socketPath}`,
      advice: 'The next start replaces it.',
      fix: { done: `Removed the stale socket: ${socketPath}`, run: () => rm(socketPath, { force: true }) },
    }),
  ];
}

/** Drafts that an end in the middle of a write left; a supervisor at work may be writing one, so only without it. */
async function examineLeftovers(context: Context): Promise<readonly Finding[]> {
  const { storeFile } = context.paths();
  const openCode = globalDirectory(context);
  const names = await readdir(openCode).catch(() => []);
  const candidates = [
    `${storeFile}.oma-tmp`,
    `${storeFile}.oma-previous-tmp`,
    ...names.filter((name) => DRAFT.test(name)).map((name) => join(openCode, name)),
  ];
  const there = await Promise.all(
    candidates.map((path) =>
      lstat(path).then(
        () => path,
        () => null,
      ),
    ),
  );
  return there
    .filter((path) => path !== null)
    .map((path) =>
      finding('note', {
        id: 'leftover',
        what: `A write that was cut off left a draft: ${path}`,
        advice: `It may hold a login and is of no use: rm ${path}`,
        fix: { done: `Removed the draft: ${path}`, run: () => rm(path, { force: true }) },
      }),
    );
}

async function examineStore(context: Context, runs: Runs): Promise<Finding> {
  const { storeFile } = context.paths();
  if (runs === 'demo') return examineDemoStore(context);
  if ((await lstat(storeFile).catch(() => null)) === null)
    return finding('note', {
      id: 'store',
      what: 'There is no store yet.',
      advice: FIRST_ACCOUNT,
    });
  const { ok, problems, accounts, encrypted } = await checkStore(context, runs === 'supervisor' ? null : storeFile);
  if (ok && accounts > 0)
    return fine('store', `The store is sound: ${counted(accounts)}${encrypted ? ', encrypted' : ''}.`);
  if (ok)
    return finding('note', {
      id: 'store',
      what: 'The store is sound, but holds no account yet.',
      advice: FIRST_ACCOUNT,
    });
  return finding('problem', {
    id: 'store',
    what: `${basename(storeFile)} has problems: ${problems.join('; ')}`,
    advice: `Restore a backup with \`oma restore FILE\`; docs/OFFLINE_RECOVERY.md has every other way. It lies in ${dirname(storeFile)}.`,
  });
}

const FIRST_ACCOUNT = 'Add an account with `oma add ALIAS`, or bring your logins in with `oma import`.';

function counted(accounts: number): string {
  return `${String(accounts)} ${accounts === 1 ? 'account' : 'accounts'}`;
}

async function examineDemoStore(context: Context): Promise<Finding> {
  const { ok, problems, accounts } = await checkStore(context, null);
  if (ok) return fine('store', `The store of the demo is sound: ${counted(accounts)}. Your own is not looked at.`);
  return finding('problem', {
    id: 'store',
    what: `The store of the demo has problems: ${problems.join('; ')}`,
    advice: 'It holds nothing of yours: `oma down`, then `oma up --demo`.',
  });
}
