import { mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { type Simulator, startSimulator } from '../../../cli/simulator/server.ts';
import { type HurtOma, hurtOma } from '../../support/hurt-oma.ts';
import { DIST } from '../../support/oma.ts';
import { PATIENCE } from '../../support/patience.ts';
import { removeTree } from '../../support/remove-tree.ts';
import { runProgram } from '../../support/run-program.ts';

const SECRET = 'rt_PlantedSecret0123456789abcdefABCDEF0123456789';
/** As an exception might quote what was sent. */
const MESSAGE = `cannot parse {"refresh_token":"${SECRET}"} of ada@example.test`;
const INTERNAL_EXIT = 70;

let simulator: Simulator;
let oma: HurtOma;
let programs: string;

/** Helpers as they are built, but that a signal makes fail as nobody foresaw. */
async function fragilePrograms(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'oma-fragile-'));
  const failing = {
    worker: `process.on('SIGUSR2', () => { throw new Error(${JSON.stringify(MESSAGE)}); });`,
    'probe-runner': `process.on('SIGUSR2', () => { void Promise.reject(new Error(${JSON.stringify(MESSAGE)})); });`,
  };
  for (const [name, code] of Object.entries(failing)) {
    const real = pathToFileURL(join(DIST, `${name}.js`)).href;
    await writeFile(join(directory, `${name}.js`), `${code}\nawait import(${JSON.stringify(real)});\n`);
  }
  await writeFile(join(directory, 'package.json'), '{"type": "module"}');
  await symlink(join(DIST, 'ui'), join(directory, 'ui'));
  return directory;
}

beforeAll(async () => {
  simulator = await startSimulator({ seats: 1 });
  programs = await fragilePrograms();
  oma = await hurtOma(simulator);
  await oma.start({ DIST: programs });
});
afterAll(async () => {
  await oma.end();
  await Promise.all([simulator.close(), removeTree(programs)]);
});

const log = () => readFile(join(oma.home, 'state', 'opencode-multi-auth', 'oma.log'), 'utf8');
const childNamed = async (name: string) =>
  (await oma.client['status.get']({})).children.find((child) => child.name === name);

async function metrics(): Promise<string> {
  const { dashboardUrl } = await oma.client['status.get']({});
  const token = await readFile(join(oma.home, 'state', 'opencode-multi-auth', 'dashboard-token'), 'utf8');
  const answer = await fetch(new URL('/metrics', dashboardUrl ?? ''), {
    headers: { authorization: `Bearer ${token.trim()}` },
  });
  return answer.text();
}

interface Line {
  readonly child?: string;
  readonly said?: Said;
}

interface Said {
  readonly code: string;
  readonly event: string;
  readonly err: { readonly message: string; readonly stack: string };
}

/** What the log says about crashes; every line of it is looked through for the secret. */
async function crashes(): Promise<readonly Line[]> {
  const text = await log();
  expect(text.includes(SECRET)).toBe(false);
  expect(text.includes('ada@example.test')).toBe(false);
  return text
    .split('\n')
    .filter((line) => line.includes('nobody foresaw'))
    .map((line) => JSON.parse(line) as Line);
}

describe('[H.T.30] [H.T.38] an exception that nobody foresaw', () => {
  it.each([
    ['worker', 'uncaughtException'],
    ['probe-runner', 'unhandledRejection'],
  ])(
    'in the %s ends it; the log has code and place without the secret, the metrics its restart',
    async (name, event) => {
      await vi.waitFor(async () => expect(await childNamed(name)).toMatchObject({ state: 'ready' }), PATIENCE);
      process.kill((await childNamed(name))?.pid ?? -1, 'SIGUSR2');
      await vi.waitFor(
        async () =>
          expect(await childNamed(name)).toMatchObject({ state: 'ready', restarts: 1, lastExit: 'exit code 70' }),
        PATIENCE,
      );
      const crash = (await crashes()).find(({ child }) => child === name);
      expect(crash?.said).toMatchObject({
        code: 'INTERNAL',
        event,
        err: { message: expect.stringContaining('[redacted]') },
      });
      expect(crash?.said?.err.stack).toContain(`${name}.js`);
      expect(await metrics()).toContain(`oma_child_restarts_total{child="${name}"} 1\n`);
    },
  );

  it('in the supervisor ends it, with the same words, and the next one starts', async () => {
    await oma.order({ throws: MESSAGE });
    expect(await oma.died()).toBeNull();
    expect(await crashes()).toContainEqual(
      expect.objectContaining({ code: 'INTERNAL', event: 'uncaughtException', name: 'supervisor' }),
    );
    expect(oma.stderr()).toBe('');
    expect(await oma.start({ DIST: programs })).toBe(true);
  });

  it('in the start of the supervisor is told as such, and its standard error holds no secret', async () => {
    await oma.kill();
    const wrong = oma.start({ DIST: programs, CLOCK_THROWS: MESSAGE });
    await expect(wrong).rejects.toThrow('SUPERVISOR_START_FAILED');
    await vi.waitFor(() => expect(oma.stderr()).toContain('"code":"INTERNAL"'), PATIENCE);
    expect(oma.stderr().includes(SECRET)).toBe(false);
    await oma.died();
  });

  it('in the command line is one line, without the secret', async () => {
    // Thrown as soon as the program listens for such exceptions.
    const hook = `process.on('newListener', (event) => { if (event === 'unhandledRejection') setImmediate(() => { throw new Error(${JSON.stringify(MESSAGE)}); }); });`;
    const { code, stdout, stderr } = await runProgram({
      file: process.execPath,
      args: ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, join(DIST, 'cli.js'), 'status'],
      env: { PATH: process.env['PATH'] ?? '', HOME: oma.home },
      cwd: oma.home,
      deadlineMs: 60_000,
    });
    expect([code, stdout]).toEqual([INTERNAL_EXIT, '']);
    expect(stderr).toMatch(/^oma: oma made a mistake: [^\n]*\[redacted\][^\n]*$/m);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stderr.includes(SECRET)).toBe(false);
  });
});
