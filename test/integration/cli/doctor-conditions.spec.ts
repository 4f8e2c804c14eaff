import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { examine } from '../../../cli/doctor/examine.ts';
import { examineFiles } from '../../../cli/doctor/files.ts';
import type { Finding } from '../../../cli/doctor/finding.ts';
import { examineMachine, examinePorts } from '../../../cli/doctor/machine.ts';
import { examineOpenCode } from '../../../cli/doctor/opencode.ts';
import { examinePrograms } from '../../../cli/doctor/programs.ts';
import { OmaError } from '../../../contract/errors.ts';
import { createEncoder, NO_EXTRAS } from '../../../supervisor/store/schema.ts';
import { DIST } from '../../support/oma.ts';
import { removeTree } from '../../support/remove-tree.ts';
import { standInSupervisor } from '../../support/stand-in-supervisor.ts';
import { stateWith } from '../../support/state.ts';
import { accountV2, seatToken, storeV2 } from '../../support/upstream-store.ts';
import { useHome } from './home.ts';
import { homeContext } from './home-context.ts';

const NOT_ROOT = 12_345;

/** An empty home, and the contexts of commands that are called in it. */
async function useEmptyHome() {
  const home = await mkdtemp(join(tmpdir(), 'oma-ill-'));
  onTestFinished(() => removeTree(home));
  const beside = (name: string) => join(DIST, name);
  const programs = { node: process.execPath, supervisor: beside('supervisor.js'), plugin: beside('plugin/server.js') };
  const contextWith = (environment: Readonly<Record<string, string>> = {}) =>
    homeContext({
      home,
      environment: { HOME: home, PATH: join(home, 'tools'), ...environment },
      programs: { ...programs, cli: '', simulator: '', tui: beside('plugin/tui.js') },
    });
  const tool = async (name: string, script: string) => {
    await mkdir(join(home, 'tools'), { recursive: true });
    await writeFile(join(home, 'tools', name), `#!/bin/sh\n${script}\n`);
    await chmod(join(home, 'tools', name), 0o755);
  };
  return { home, contextWith, tool };
}

const told = (found: readonly Finding[]) => found.map(({ level, id }) => `${level} ${id}`);
const whatOf = (found: readonly Finding[], id: string) => found.find((one) => one.id === id)?.what;

describe('files', () => {
  it('a socket that a killed process left is named and removed; one that is answered is left alone', async () => {
    const { contextWith } = await useEmptyHome();
    const context = contextWith();
    const { socketPath, runtimeDir } = context.paths();
    await mkdir(runtimeDir, { recursive: true, mode: 0o700 });
    const listen = `require('node:net').createServer().listen(process.argv[1], () => console.log('listening'))`;
    const owner = spawn(process.execPath, ['-e', listen, socketPath], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void owner.kill('SIGKILL'));
    await once(owner.stdout, 'data');
    await chmod(socketPath, 0o600);
    expect(told(await examineFiles(context, 'nothing'))).not.toContain('note stale-socket');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const found = (await examineFiles(context, 'nothing')).find(({ id }) => id === 'stale-socket');
    expect(found).toMatchObject({ level: 'note', what: expect.stringContaining(socketPath) as string });
    await found?.fix?.run();
    expect(told(await examineFiles(context, 'nothing'))).not.toContain('note stale-socket');
  });

  it('that a supervisor may be writing are left alone while one is there that cannot be asked', async () => {
    const { contextWith } = await useEmptyHome();
    const refusal = new OmaError('SUPERVISOR_INCOMPATIBLE', 'They do not understand each other.');
    const handlers = { 'session.hello': () => Promise.reject(refusal) };
    const standIn = await standInSupervisor({ accounts: [], baseUrl: 'http://127.0.0.1:9', handlers });
    onTestFinished(() => standIn.close());
    const context = contextWith({ OPENCODE_MULTI_AUTH_SOCKET: standIn.socketPath });
    const { storeFile, storeDir } = context.paths();
    await mkdir(storeDir, { recursive: true, mode: 0o700 });
    await writeFile(storeFile, createEncoder(NO_EXTRAS)(stateWith('work')), { mode: 0o600 });
    await writeFile(`${storeFile}.oma-tmp`, 'half of the next', { mode: 0o600 });
    const { findings } = await examine(context);
    expect(findings.find(({ id }) => id === 'supervisor')).toMatchObject({
      level: 'problem',
      what: 'The supervisor cannot be asked: They do not understand each other.',
    });
    expect(told(findings)).toContain('ok store');
    expect(told(findings)).not.toContain('note leftover');
    await standIn.die();
    expect(told((await examine(context)).findings)).toContain('note leftover');
  });

  it('that belong to somebody else are named, and nothing is done about them', async () => {
    const { contextWith } = await useEmptyHome();
    const context = contextWith();
    const { storeFile, storeDir, logFile } = context.paths();
    await mkdir(storeDir, { recursive: true, mode: 0o700 });
    await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
    await writeFile(logFile, '', { mode: 0o600 });
    await writeFile(storeFile, createEncoder(NO_EXTRAS)(stateWith('work')), { mode: 0o600 });
    // Only root may give files away; everybody else meets those of root.
    const isRoot = context.uid === 0;
    if (isRoot) await chown(storeFile, NOT_ROOT, NOT_ROOT);
    const where = isRoot ? context : contextWith({ OPENCODE_MULTI_AUTH_STORE_FILE: '/etc/hosts' });
    const found = (await examineFiles(where, 'nothing')).filter(({ id }) => id === 'foreign-file');
    expect(found).toMatchObject([
      {
        level: 'problem',
        what: `This file belongs to another user: ${where.paths().storeFile}`,
        advice: expect.stringContaining('chown') as string,
        fix: null,
      },
    ]);
  });

  it('a store in which one seat has two names is refused as a whole, and the seat is named', async () => {
    const { contextWith } = await useEmptyHome();
    const context = contextWith();
    const { storeFile, storeDir } = context.paths();
    const { accounts, ...state } = stateWith('work', 'home');
    const twins = accounts.map((account) => ({ ...account, seat: { accountId: 'w', userId: 'u' } }));
    await mkdir(storeDir, { recursive: true, mode: 0o700 });
    await writeFile(storeFile, createEncoder(NO_EXTRAS)({ ...state, accounts: twins }), { mode: 0o600 });
    expect((await examineFiles(context, 'nothing')).find(({ id }) => id === 'store')).toMatchObject({
      level: 'problem',
      what: expect.stringContaining('account "home" has the seat of another account') as string,
      advice: expect.stringContaining('OFFLINE_RECOVERY') as string,
    });
  });

  it('two entries of the former plugin that were one seat: the newer login is kept, and oma doctor says so', async () => {
    const home = await useHome();
    const directory = join(home.path, '.config', 'opencode-multi-auth');
    const older = accountV2('work', { lastRefresh: '2026-11-01T00:00:00Z', refreshToken: 'rt_older' });
    const newer = accountV2('work', { lastRefresh: '2026-11-20T00:00:00Z', accessToken: seatToken('work') });
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const store = storeV2({ office: older, work: newer, other: accountV2('other') });
    await writeFile(join(directory, 'accounts.json'), JSON.stringify(store), { mode: 0o600 });
    expect((await home.oma('up', '--detach')).code).toBe(0);
    // Without the programs of the PATH, which would take their time to tell their versions.
    const { stdout } = await home.omaWith({ ...home.env, PATH: home.path }, 'doctor', '--json');
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    const notices = findings.filter(({ id }) => id === 'store-notice').map(({ level, what }) => `${level} ${what}`);
    expect(notices).toContain('note "office" was not taken over: it is the same seat as "work", whose login is newer.');
    expect(await readFile(join(directory, 'accounts.json'), 'utf8')).not.toContain('rt_older');
  });
});

describe('programs', () => {
  it('that are missing, broken or too old are named with what to do', async () => {
    const { home, contextWith, tool } = await useEmptyHome();
    const missing = await examinePrograms(contextWith());
    expect(told(missing)).toEqual(['ok oma', 'ok node', 'warning opencode', 'warning codex']);
    expect(whatOf(missing, 'opencode')).toBe('There is no opencode on the PATH.');
    expect(whatOf(missing, 'codex')).toBe('There is no codex on the PATH.');

    await tool('opencode', 'exit 1');
    await tool('codex', 'echo codex-cli 0.100.0');
    const broken = await examinePrograms(contextWith());
    expect(whatOf(broken, 'opencode')).toContain('does not tell its version');
    expect(whatOf(broken, 'codex')).toBe(
      `The codex that was found is 0.100.0, too old for probes: ${join(home, 'tools', 'codex')}`,
    );

    const wrong = await examinePrograms(contextWith({ OPENCODE_MULTI_AUTH_CODEX_BIN: '/gone/codex' }));
    expect(whatOf(wrong, 'codex')).toBe('OPENCODE_MULTI_AUTH_CODEX_BIN names no program: /gone/codex');

    await tool('opencode', 'echo 1.18.33');
    await tool('codex', 'echo codex-cli 0.169.0');
    expect(told(await examinePrograms(contextWith()))).toEqual(['ok oma', 'ok node', 'ok opencode', 'ok codex']);
  });
});

describe('OpenCode’s login', () => {
  const login = (access: string) => ({
    openai: { type: 'oauth', refresh: access, access, expires: 4_102_444_800_000 },
  });

  it.each([
    ['is missing', { anthropic: { type: 'api', key: 'k' } }, 'warning opencode-login', true],
    ['is a real one', login('real'), 'warning opencode-login', false],
    ['is the placeholder', login('oma'), undefined, false],
  ])('%s', async (_what, auth, expected, canBeMended) => {
    const { contextWith } = await useEmptyHome();
    const { openCodeAuthFile } = contextWith().paths();
    await mkdir(dirname(openCodeAuthFile), { recursive: true });
    await writeFile(openCodeAuthFile, JSON.stringify(auth), { mode: 0o600 });
    const found = (await examineOpenCode(contextWith())).find(({ id }) => id === 'opencode-login');
    expect(found && `${found.level} ${found.id}`).toBe(expected);
    expect((found?.fix ?? null) !== null).toBe(canBeMended);
  });

  it('is that of the variable which OpenCode takes in place of the file', async () => {
    const { contextWith } = await useEmptyHome();
    const { openCodeAuthFile } = contextWith().paths();
    await mkdir(dirname(openCodeAuthFile), { recursive: true });
    await writeFile(openCodeAuthFile, JSON.stringify(login('oma')), { mode: 0o600 });
    const judged = async (content: string) =>
      (await examineOpenCode(contextWith({ OPENCODE_AUTH_CONTENT: content }))).find(
        ({ id }) => id === 'opencode-login',
      );
    expect(await judged('')).toBeUndefined();
    expect(await judged(JSON.stringify(login('oma')))).toBeUndefined();
    expect(await judged('{}')).toMatchObject({
      level: 'warning',
      what: expect.stringContaining('OPENCODE_AUTH_CONTENT is set here') as string,
      fix: null,
    });
    expect(await judged('{')).toMatchObject({
      level: 'problem',
      what: expect.stringContaining('(OPENCODE_AUTH_CONTENT)') as string,
    });
  });
});

describe('the machine', () => {
  const hintOf = async (environment: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux') => {
    const found = await examineMachine({ environment, platform }, 3434);
    return found.filter(({ id }) => id !== 'login-ports').map(({ level, id, advice }) => [`${level} ${id}`, advice]);
  };
  const withDevice = expect.stringContaining('oma add ALIAS --device') as string;

  it('says why no browser opens here: SSH, WSL, no display', async () => {
    expect(await hintOf({ SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' })).toEqual([['note ssh', withDevice]]);
    expect(await hintOf({ WSL_DISTRO_NAME: 'Ubuntu' })).toEqual([['note wsl', withDevice]]);
    expect(await hintOf({})).toEqual([['note no-display', withDevice]]);
    expect(await hintOf({ DISPLAY: ':0' })).toEqual([]);
    expect(await hintOf({}, 'darwin')).toEqual([]);
  });

  it('tells one busy login port from two, by listeners that are really there', async () => {
    const ports = [await freePort(), await freePort()];
    const judged = () => examinePorts(ports);
    const [first = 0, second = 0] = ports;
    expect(await judged()).toMatchObject({ level: 'ok', id: 'login-ports' });
    await listenOn(first);
    expect(await judged()).toMatchObject({
      level: 'note',
      what: expect.stringContaining(`Port ${String(first)} is in use`) as string,
      advice: 'A browser login takes the other port.',
    });
    await listenOn(second);
    expect(await judged()).toMatchObject({
      level: 'warning',
      what: expect.stringContaining(`Ports ${String(first)} and ${String(second)} are in use`) as string,
      advice: expect.stringContaining('--device') as string,
    });
  });
});

async function listenOn(port: number): Promise<Server> {
  const server = createServer();
  onTestFinished(() => void server.close());
  server.listen({ port, host: '127.0.0.1' });
  await once(server, 'listening');
  return server;
}

async function freePort(): Promise<number> {
  const server = await listenOn(0);
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
