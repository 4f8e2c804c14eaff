import { chmod, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { EpochMs, Secret } from '../contract/scalars.ts';
import { configToml, modelCatalogue } from './config-file.ts';

/** The private home of one seat; it stays, so that the seat does not look like a new machine each time. */
export interface Home {
  /** HOME of codex. */
  readonly root: string;
  /** CODEX_HOME of codex. */
  readonly codexHome: string;
  /** An empty directory to run in. */
  readonly cwd: string;
}

/** Whom codex shall be. There is no refresh token here, and codex never gets one. */
export interface Login {
  readonly accessToken: Secret;
  readonly idToken: Secret | null;
  readonly accountId: string;
}

/** Homes looked at in a sweep, at most. */
const HOMES_MAX = 10_000;

/** Bits that let anybody else in. */
const OTHERS = 0o077;

const SEAT = /^[a-f0-9]{8,64}$/;

/** What stays in a home between two runs: who the installation is, and files that codex would only unpack again. */
const KEPT: ReadonlySet<string> = new Set(['installation_id', 'skills', '.sandbox_migration']);

/** Opens the home of a seat, only for us to enter. Errors: rejects if a part of it is a link or belongs to somebody else. */
export async function openHome(homesDir: string, seat: string): Promise<Home> {
  const root = join(homesDir, seat);
  const home: Home = { root, codexHome: join(root, '.codex'), cwd: join(root, 'cwd') };
  await mkdir(homesDir, { recursive: true, mode: 0o700 });
  for (const directory of [root, home.codexHome, home.cwd]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const found = await lstat(directory);
    if (!found.isDirectory())
      throw new Error('A private home of a probe is no directory but a link, so nothing is written there.');
    if ((found.mode & OTHERS) !== 0) await chmod(directory, 0o700);
  }
  await clean(home);
  return home;
}

/** Writes the login for a run and returns what was written. */
export async function writeLogin({ codexHome }: Home, login: Login, now: EpochMs): Promise<string> {
  const text = loginFile(login, now);
  await writeFile(join(codexHome, LOGIN_FILE), text, { mode: 0o600, flag: 'wx' });
  return text;
}

/** Tells whether the login is still as it was written. */
export async function isLoginUntouched({ codexHome }: Home, written: string): Promise<boolean> {
  const text = await readFile(join(codexHome, LOGIN_FILE), 'utf8').catch(() => null);
  return text === written;
}

/** Writes what codex reads before it runs. Shape: `models` null = it describes the models itself. */
export async function writeConfig(
  { codexHome }: Home,
  baseUrl: string,
  models: readonly string[] | null,
): Promise<void> {
  const catalogueFile = models === null ? null : join(codexHome, 'probe-models.json');
  if (models !== null && catalogueFile !== null)
    await writeFile(catalogueFile, modelCatalogue(models), { mode: 0o600 });
  await writeFile(join(codexHome, 'config.toml'), configToml({ baseUrl, catalogueFile }), { mode: 0o600 });
}

/** Removes the login, the sessions and everything else that a run left, the login first. */
export async function clean({ root, codexHome, cwd }: Home): Promise<void> {
  await rm(join(codexHome, LOGIN_FILE), { force: true });
  for (const name of await readdir(codexHome)) {
    if (!KEPT.has(name)) await rm(join(codexHome, name), { recursive: true, force: true });
  }
  for (const name of await readdir(cwd)) await rm(join(cwd, name), { recursive: true, force: true });
  for (const name of await readdir(root)) {
    if (name !== '.codex' && name !== 'cwd') await rm(join(root, name), { recursive: true, force: true });
  }
}

/** Cleans every home that a crash may have left as it was; answers in how many a login still lay. Errors: none, a home that resists is left. */
export async function sweepHomes(homesDir: string): Promise<number> {
  const seats = await readdir(homesDir).catch(() => []);
  let found = 0;
  for (const seat of seats.slice(0, HOMES_MAX)) {
    if (!SEAT.test(seat)) continue;
    const root = join(homesDir, seat);
    const home: Home = { root, codexHome: join(root, '.codex'), cwd: join(root, 'cwd') };
    const file = await lstat(join(home.codexHome, LOGIN_FILE)).catch(() => null);
    if (file !== null) found += 1;
    await clean(home).catch(() => undefined);
  }
  return found;
}

const LOGIN_FILE = 'auth.json';

/** The mode in which codex never refreshes by itself; it insists on every one of these fields. */
function loginFile({ accessToken, idToken, accountId }: Login, now: EpochMs): string {
  return JSON.stringify({
    auth_mode: 'chatgptAuthTokens',
    OPENAI_API_KEY: null,
    tokens: {
      id_token: identity(idToken) ?? identity(accessToken) ?? NOBODY,
      access_token: accessToken,
      refresh_token: '',
      account_id: accountId,
    },
    last_refresh: new Date(now).toISOString(),
  });
}

/** An unsigned token that says nothing. codex sends no login at all unless it finds a token that it can read here. */
const NOBODY = 'e30.e30.e30';

function identity(token: Secret | null): string | null {
  const parts = token?.split('.') ?? [];
  if (token === null || parts.length !== 3) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? token : null;
  } catch {
    return null;
  }
}
