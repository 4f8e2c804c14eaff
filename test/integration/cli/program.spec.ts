import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { EXIT } from '../../../cli/exit.ts';
import { ENV_PREFIX } from '../../../contract/env.ts';
import type { Status } from '../../../contract/status.ts';
import { acquireLock } from '../../../runtime/instance-lock.ts';
import { PATIENCE } from '../../support/patience.ts';
import { processGone } from '../../support/process-gone.ts';
import { runProgram } from '../../support/run-program.ts';
import { seatToken } from '../../support/upstream-store.ts';
import { CLI, type Home, useHome } from './home.ts';

const ONE_LINE = /^oma: [^\n]+\n$/;
const started = (home: Home) => home.json<{ pid: number; launchUrl: string }>('up', '--detach');

describe('the built program', () => {
  it('[A.L1.4] is there and can be executed by its own name', async () => {
    await access(CLI, constants.X_OK);
    const home = await useHome();
    const { code, stdout } = await runProgram({
      file: CLI,
      args: ['--version'],
      env: home.env,
      cwd: home.path,
      deadlineMs: 60_000,
    });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^oma \d+\.\d+\.\d+ \(build [0-9a-f]{12}, Node \d/)]);
  });

  it('says in plain words that Node is too old, before it loads anything', async () => {
    const home = await useHome();
    const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`;
    const run = async (...program: readonly string[]) => {
      const args = ['--import', pretend, ...program];
      const options = { file: process.execPath, args, env: home.env, cwd: home.path, deadlineMs: 60_000 };
      const { code, stdout, stderr } = await runProgram(options);
      return [code, stdout, stderr];
    };
    const complaint = 'Node 20.20.2 is too old — install Node 22.22 or newer from https://nodejs.org';
    expect(await run(CLI, 'status')).toEqual([EXIT.tooOld, '', `oma: ${complaint}\n`]);
    // The plugin shows what a supervisor reports.
    const [code, report, stderr] = await run(join(dirname(CLI), 'supervisor.js'));
    expect([code, stderr]).toEqual([1, '']);
    expect(JSON.parse(String(report))).toEqual({
      ready: false,
      code: 'SUPERVISOR_START_FAILED',
      message: expect.stringContaining(complaint) as string,
    });
  });

  it('is no supervisor when another holds the lock but serves nobody, and says so', async () => {
    const home = await useHome();
    const socketPath = join(home.path, 'apart', 'oma.sock');
    const lock = await acquireLock(`${socketPath}.lock`, { deadlineMs: 1_000 });
    onTestFinished(() => lock?.release());
    const { code, stdout } = await runProgram({
      file: process.execPath,
      args: [join(dirname(CLI), 'supervisor.js')],
      env: { ...home.env, [`${ENV_PREFIX}SOCKET`]: socketPath },
      cwd: home.path,
      deadlineMs: 60_000,
    });
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { ready: false, code: 'SUPERVISOR_START_FAILED' }]);
    expect(stdout).toContain('serves nobody');
  });

  it('[A.L2.1] `oma status` neither crashes nor starts anything when nothing runs', async () => {
    const home = await useHome();
    const { code, stdout, stderr } = await home.oma('status');
    expect([code, stdout]).toEqual([7, '']);
    expect(stderr).toMatch(ONE_LINE);
    expect(await home.json('status')).toMatchObject({ code: 'SUPERVISOR_NOT_RUNNING' });
    expect(await home.json('down')).toEqual({ stopped: false, pid: null });
  });

  it('[A.L2.2] explains how the dashboard is started', async () => {
    const home = await useHome();
    const { code, stdout } = await home.oma('up', '--help');
    expect(code).toBe(0);
    for (const part of ['Usage: oma up', '--port N', 'Port of the dashboard', '--demo', 'Exit codes:'])
      expect(stdout).toContain(part);
    expect((await home.oma('open', '--help')).stdout).toContain('Opens the dashboard');
  });
});

describe('oma up', () => {
  it('[A.L2.3] serves the dashboard on the port asked for until Ctrl-C, then ends in order', async () => {
    const home = await useHome();
    const port = await freePort();
    const up = home.attend('up', '--port', String(port));
    await up.says('Ctrl-C stops it.');
    expect(up.output()).toContain(`Dashboard: http://127.0.0.1:${String(port)}/launch?token=`);
    expect((await fetch(`http://127.0.0.1:${String(port)}/healthz`)).status).toBe(200);
    const { pid } = await home.json<Status>('status');

    const again = await home.oma('up', '--port', '9999');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain(`oma is running already (pid ${String(pid)}).`);
    expect(again.stdout).toContain('Its port, host and configuration stay as they are');
    expect(await home.json('up')).toMatchObject({ started: false, pid });

    up.child.kill('SIGINT');
    expect(await up.ended).toBe(0);
    await processGone(pid);
  });

  it('ends, too, when the supervisor is stopped from elsewhere, and says so when it died', async () => {
    const home = await useHome();
    const stopped = home.attend('up');
    await stopped.says('Ctrl-C stops it.');
    await home.oma('down');
    expect(await stopped.ended).toBe(0);
    expect(stopped.output()).toContain('The supervisor has stopped.');

    const died = home.attend('up');
    await died.says('Ctrl-C stops it.');
    process.kill((await home.json<Status>('status')).pid, 'SIGKILL');
    expect(await died.ended).toBe(7);
    expect(died.output()).toContain('oma: The supervisor has ended by itself');
  });

  it('--detach returns when it serves, and `oma down` ends it', async () => {
    const home = await useHome();
    const { pid, launchUrl } = await started(home);
    expect(launchUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/launch\?token=/);
    expect(await home.json('status')).toMatchObject({ pid, demo: false });
    expect(await home.json('down')).toEqual({ stopped: true, pid });
    await processGone(pid);
    expect((await home.oma('status')).code).toBe(7);
  });

  it('takes the next port when the one asked for is busy, and says which', async () => {
    const home = await useHome();
    const { server: busy, port } = await listening();
    try {
      const { launchUrl } = await home.json<{ launchUrl: string }>('up', '--detach', '--port', String(port));
      expect(Number(new URL(launchUrl).port)).toBeGreaterThan(port);
    } finally {
      busy.close();
    }
  });

  it.each([
    [['--host', '0.0.0.0'], 78, 'loopback'],
    [['--config', 'missing.json'], 78, 'configuration file'],
    [['--port', 'x'], 2, '--port takes a number'],
  ])('%j is refused with the reason the supervisor gives', async (args, code, reason) => {
    const home = await useHome();
    const result = await home.oma('up', '--detach', ...args);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toMatch(ONE_LINE);
    expect(result.stderr).toContain(reason);
    await expect.poll(() => processesOf(home), PATIENCE).toEqual([]);
  });

  it('refuses a damaged store without touching it, and says how to go on', async () => {
    const home = await useHome();
    const store = join(home.path, '.config/opencode-multi-auth/accounts.json');
    await mkdir(dirname(store), { recursive: true });
    await writeFile(store, '{"version":2,"accounts":{"cut', { mode: 0o600 });
    const result = await home.oma('up', '--detach');
    expect(result.code).toBe(65);
    expect(result.stderr).toMatch(ONE_LINE);
    expect(await home.json('store', 'check')).toMatchObject({ ok: false, file: store });
  });
});

describe('oma up --demo', () => {
  it('shows four simulated accounts, says that answers are simulated, and leaves nothing behind', async () => {
    const home = await useHome();
    const { code, stdout } = await home.oma('up', '--demo', '--detach');
    expect([code, stdout]).toEqual([0, expect.stringContaining('every answer is simulated')]);
    for (const step of ['oma list', 'oma plugin install', 'opencode run "hello" --model openai/gpt-5.5'])
      expect(stdout).toContain(step);
    const { accounts } = await home.json<{ accounts: { alias: string; eligible: boolean }[] }>('list');
    expect(accounts.map(({ eligible }) => eligible)).toEqual([true, true, true, true]);
    expect(await home.json('status')).toMatchObject({ demo: true, accounts: { total: 4 } });
    expect(await home.oma('up')).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('The demo is running') as string,
    });
    const { findings } = await home.json<{ findings: { id: string; what: string }[] }>('doctor');
    expect(findings.filter(({ id }) => id === 'demo' || id === 'store').map(({ what }) => what)).toEqual([
      'It is the demo, with simulated accounts.',
      'The store of the demo is sound: 4 accounts. Your own is not looked at.',
    ]);
    const processes = processesOf(home);
    expect(processes.filter((line) => line.includes('simulator.js'))).toHaveLength(1);
    expect((await home.oma('down')).code).toBe(0);
    await expect.poll(() => processesOf(home), PATIENCE).toEqual([]);
    await expect(access(join(home.path, '.config/opencode-multi-auth'))).rejects.toThrow();
    expect(await home.json('uninstall')).toMatchObject({ store: null });
  });

  it('ends with Ctrl-C, simulated provider and all', async () => {
    const home = await useHome();
    const up = home.attend('up', '--demo');
    await up.says('Ctrl-C stops it.');
    up.child.kill('SIGINT');
    expect(await up.ended).toBe(0);
    await expect.poll(() => processesOf(home), PATIENCE).toEqual([]);
  });

  it('goes on with the same accounts when its supervisor is killed', async () => {
    const home = await useHome();
    const up = home.attend('up', '--demo');
    await up.says('Ctrl-C stops it.');
    const before = await home.json<{ pid: number }>('status');
    process.kill(before.pid, 'SIGKILL');
    await up.says('was started again');
    const after = await home.json<{ pid: number }>('status');
    expect(after).toMatchObject({ demo: true, accounts: { total: 4 } });
    expect(after.pid).not.toBe(before.pid);
    up.child.kill('SIGINT');
    expect(await up.ended).toBe(0);
  });

  it('is refused politely while a real supervisor runs', async () => {
    const home = await useHome();
    const { pid } = await started(home);
    const result = await home.oma('up', '--demo');
    expect([result.code, result.stderr]).toEqual([
      7,
      `oma: A supervisor with your own accounts is running (pid ${String(pid)}) — stop it with \`oma down\`, then start the demo\n`,
    ]);
  });
});

describe('other commands of the built program', () => {
  it('start the supervisor when it is needed, unless that is forbidden', async () => {
    const home = await useHome();
    expect(await home.json('list')).toEqual({ accounts: [] });
    expect((await home.oma('status')).code).toBe(0);
    const forbidden = await useHome({ OPENCODE_MULTI_AUTH_AUTOSTART: '0' });
    expect((await forbidden.oma('list')).code).toBe(7);
  });

  it('do not take the store of oma for that of the plugin that it replaces', async () => {
    const nowhere = 'http://127.0.0.1:9';
    const home = await useHome({
      OPENCODE_MULTI_AUTH_BASE_URL: `${nowhere}/backend-api`,
      OPENCODE_MULTI_AUTH_ISSUER_URL: nowhere,
    });
    const token = seatToken('mac');
    const tokens = { access_token: token, id_token: token, refresh_token: 'rt_mac', account_id: 'ws-mac' };
    await mkdir(join(home.path, '.codex'));
    await writeFile(join(home.path, '.codex/auth.json'), JSON.stringify({ tokens }));
    expect(await home.json('import')).toMatchObject({ imported: [{ alias: 'mac' }], skipped: [] });
    expect(await home.json('import')).toMatchObject({
      imported: [],
      skipped: [{ because: expect.stringContaining('the account "mac" already') as string }],
      warnings: [expect.stringContaining('codex and oma now share this login') as string],
    });
    expect(await home.oma('import', 'upstream')).toMatchObject({
      code: 66,
      stderr: expect.stringContaining('keeps its accounts where oma keeps its own') as string,
    });
  });

  it('check a store with the supervisor running and without', async () => {
    const home = await useHome();
    await started(home);
    expect(await home.json('store', 'check')).toMatchObject({ ok: true, problems: [], accounts: 0 });
    await home.oma('down');
    expect(await home.json('store', 'check')).toMatchObject({ ok: true, problems: [], accounts: 0 });
    await writeFile(join(home.path, 'foreign.json'), 'no store');
    const foreign = await home.oma('store', 'check', 'foreign.json');
    expect([foreign.code, foreign.stdout]).toEqual([65, expect.stringContaining('The store has 1 problem')]);
  });

  it('[A.L2.5] find the log where it belongs and follow it until nobody reads any more', async () => {
    const home = await useHome();
    await started(home);
    await expect.poll(async () => (await home.oma('logs')).stdout, PATIENCE).toContain('supervisor started');
    await access(join(home.path, '.local/state/opencode-multi-auth/oma.log'));
    const head = runProgram({
      file: '/bin/sh',
      args: ['-c', `"$1" "$2" logs -f -n 1 | head -n 1`, 'sh', process.execPath, CLI],
      env: home.env,
      cwd: home.path,
      deadlineMs: 60_000,
    });
    const over = head.then(() => true);
    for (let threshold = 20; threshold < 60; threshold += 1) {
      const change = home.oma('settings', 'set', 'lowThreshold', String(threshold)).then(() => false);
      if (await Promise.race([over, change])) break;
    }
    expect(await head).toMatchObject({ timedOut: false, stdout: expect.stringMatching(/INFO/) as string });
  });
});

/** Programs of oma that have this home in their environment. */
function processesOf({ path }: Home): string[] {
  const all = execFileSync('ps', ['-A', 'ewww', '-o', 'pid=,args='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1_024 * 1_024,
  }).split('\n');
  return all
    .filter((line) => line.includes(`HOME=${path}`) && /(supervisor|simulator|worker|probe-runner|cli)\.js/.test(line))
    .map((line) => line.slice(0, 200));
}

async function listening(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

async function freePort(): Promise<number> {
  const { server, port } = await listening();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
