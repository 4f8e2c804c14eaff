import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { type Simulator, startSimulator } from '../../cli/simulator/server.ts';
import { ENV_PREFIX } from '../../contract/env.ts';
import { type HurtOma, hurtOma } from '../support/hurt-oma.ts';
import { PATIENCE } from '../support/patience.ts';
import { removeTree } from '../support/remove-tree.ts';

const PASSPHRASE = 'correct horse battery staple 9f3a';
const OTHERS = 0o077;

let simulator: Simulator;
let oma: HurtOma;
let dashboard: URL;
let token: string;
let reports: string;

beforeAll(async () => {
  reports = await mkdtemp(join(tmpdir(), 'oma-reports-'));
  simulator = await startSimulator({ seats: 2 });
  oma = await hurtOma(simulator);
  // As a person might run Node who looks for the cause of a crash.
  await oma.start({
    [`${ENV_PREFIX}PASSPHRASE`]: PASSPHRASE,
    NODE_OPTIONS: `--report-on-signal --report-uncaught-exception --report-directory=${reports}`,
  });
  const aliases = simulator.control.state().seats.map(({ alias }) => alias);
  await oma.client['account.import']({ source: 'file', path: await oma.importFile(...aliases), dryRun: false });
  const { dashboardUrl } = await oma.client['status.get']({});
  dashboard = new URL(dashboardUrl ?? '');
  token = (await readFile(join(oma.home, 'state', 'opencode-multi-auth', 'dashboard-token'), 'utf8')).trim();
});
afterAll(async () => {
  await oma.end();
  await Promise.all([simulator.close(), removeTree(reports)]);
});

/** A request as no browser and no URL parser would tidy it up. */
function raw(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: dashboard.port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('[H.T.27] another user of the machine', () => {
  it('can open neither store, socket, lock, log nor launch token', async () => {
    const kept = { config: ['accounts.json', 'accounts.json.lock'], state: ['dashboard-token', 'oma.log'] };
    for (const [directory, expected] of Object.entries(kept)) {
      const path = join(oma.home, directory, 'opencode-multi-auth');
      const names = await vi.waitFor(async () => {
        const found = await readdir(path, { recursive: true });
        expect(found).toEqual(expect.arrayContaining(expected));
        return found;
      }, PATIENCE);
      expect((await stat(path)).mode & OTHERS).toBe(0);
      for (const name of names) expect([name, (await stat(join(path, name))).mode & OTHERS]).toEqual([name, 0]);
    }
    expect((await stat(oma.socketPath)).mode & OTHERS).toBe(0);
  });

  it.runIf(process.getuid?.() === 0)('is turned away by the system itself', () => {
    const tries = [
      oma.storeFile,
      join(oma.home, 'state/opencode-multi-auth/dashboard-token'),
      `/proc/${String(oma.pid)}/environ`,
    ];
    for (const path of tries) {
      const read = () => execFileSync('cat', [path], { uid: 65_534, gid: 65_534, stdio: 'pipe' });
      expect(read).toThrow(/Permission denied/);
    }
  });
});

describe('[H.T.27] a web page, or a program that has no token', () => {
  it('reads no file but those of the page, however the path is written', async () => {
    for (const path of [
      '/../../../../etc/passwd',
      '/..%2f..%2f..%2fetc%2fpasswd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/assets/../../supervisor.js',
      '/assets/..%5c..%5csupervisor.js',
      '//etc/passwd',
      '/index.html%00.js',
      `/${'../'.repeat(40)}${oma.storeFile}`,
    ]) {
      const { status, text } = await raw(path, { host: dashboard.host });
      expect([path, status >= 400, text.includes('root:'), text.includes('import')]).toEqual([
        path,
        true,
        false,
        false,
      ]);
    }
  });

  it('is refused under a foreign name (DNS rebinding), from a foreign origin, and without the CSRF header', async () => {
    const bearer = { authorization: `Bearer ${token}` };
    const { host } = dashboard;
    expect((await raw('/api/status', { ...bearer, host: `evil.example:${dashboard.port}` })).status).toBe(403);
    expect((await raw('/launch?token=x', { host: 'evil.example' })).status).toBe(403);
    expect((await raw('/api/status', { ...bearer, host, origin: 'https://evil.example' })).status).toBe(403);
    expect((await raw('/api/status', { ...bearer, host, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await raw('/api/status', { ...bearer, host })).status).toBe(200);
    const launched = await fetch(new URL(`/launch?token=${token}`, dashboard), { redirect: 'manual' });
    const cookie = (launched.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect(await raw('/api/force/clear', { cookie, host }, 'POST')).toMatchObject({
      status: 403,
      text: expect.stringContaining('CSRF_REQUIRED'),
    });
  });
});

describe('[H.T.30] a supervisor that is looked into', () => {
  it('gives its children neither passphrase nor token, and starts them without the options of its own Node', async () => {
    const { children } = await oma.client['status.get']({});
    expect(children).toHaveLength(2);
    for (const { pid } of children) {
      const environment = await readFile(`/proc/${String(pid)}/environ`, 'utf8');
      expect(environment).toContain('PATH=');
      for (const secret of [PASSPHRASE, token, 'NODE_OPTIONS']) expect(environment.includes(secret)).toBe(false);
    }
  });

  it('writes no secret of its environment into a report of Node', async () => {
    const report = await reportNumber(1);
    expect(report).toContain('"processId"');
    for (const secret of [PASSPHRASE, token]) expect(report.includes(secret)).toBe(false);
  });

  it('opens no debugger, which every user of the machine could use, when it gets SIGUSR1', async () => {
    process.kill(oma.pid, 'SIGUSR1');
    // A signal that came later has been obeyed, so this one would have been, too.
    await reportNumber(2);
    expect((await oma.client['status.get']({})).pid).toBe(oma.pid);
    expect(oma.stderr()).not.toContain('Debugger listening');
  });

  it('answers guesses of the token no more after twenty in a minute', async () => {
    const guess = (index: number) =>
      raw('/api/status', { host: dashboard.host, authorization: `Bearer wrong-${String(index)}` });
    const answers = [];
    for (let index = 0; index < 25; index += 1) answers.push((await guess(index)).status);
    expect(answers.filter((status) => status === 401)).toHaveLength(20);
    expect(answers.filter((status) => status === 429)).toHaveLength(5);
    expect((await oma.client['status.get']({})).pid).toBe(oma.pid);
  });
});

/** Asks for a report by a signal and waits until so many are whole. */
async function reportNumber(count: number): Promise<string> {
  process.kill(oma.pid, 'SIGUSR2');
  return vi.waitFor(async () => {
    const names = (await readdir(reports)).filter((file) => file.endsWith('.json')).sort();
    const text = await readFile(join(reports, names[count - 1] ?? 'none'), 'utf8');
    JSON.parse(text);
    return text;
  }, PATIENCE);
}
