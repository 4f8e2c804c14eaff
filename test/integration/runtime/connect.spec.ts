import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { Handlers } from '../../../contract/operation.ts';
import { OPERATIONS, type Operations } from '../../../contract/operations.ts';
import { type Connected, type ConnectOptions, connectOrStart } from '../../../runtime/connect.ts';
import { listenOnSocket } from '../../../runtime/rpc/listen.ts';
import { serve } from '../../../runtime/rpc/serve.ts';
import { PATIENCE } from '../../support/patience.ts';
import { sandbox } from './support/line.ts';

const PROGRAM = join(import.meta.dirname, 'support/supervisor.ts');
const HELLO = {
  protocolVersion: 1,
  buildId: 'test',
  version: '1.2.3',
  pid: process.pid,
  kind: 'test',
  host: null,
} as const;

function optionsFor(socketPath: string, part: string | null): ConnectOptions {
  const start =
    part === null
      ? null
      : { command: process.execPath, args: [PROGRAM, socketPath, part], env: { PATH: process.env['PATH'] } };
  return { socketPath, hello: HELLO, start, deadlineMs: 20_000 };
}

/** Connects, and ends the supervisor after the test. */
async function connected(options: ConnectOptions): Promise<Connected> {
  const connection = await connectOrStart(options);
  onTestFinished(async () => {
    await connection.client['supervisor.stop']({}).catch(() => undefined);
    connection.connection.dispose();
  });
  return connection;
}

/** Serves in this process until the test is over. */
async function serveHere(socketPath: string): Promise<void> {
  const hello = { protocolVersion: 1, buildId: 'test', version: '9.9.9', pid: process.pid, demo: false };
  const handlers = { 'session.hello': () => hello } as Partial<Handlers<Operations>> as Handlers<Operations>;
  const context = { connectionId: 'c', actor: 'test', requestId: () => 'r', onError: () => undefined };
  const listener = await listenOnSocket({
    socketPath,
    onConnection: (connection) => serve(connection, OPERATIONS, handlers, context),
  });
  onTestFinished(() => listener.close());
}

describe('connecting to the supervisor', () => {
  it('says so when it does not run and may not be started', async () => {
    await expect(connectOrStart(optionsFor(join(sandbox(), 'oma.sock'), null))).rejects.toMatchObject({
      code: 'SUPERVISOR_NOT_RUNNING',
    });
    await expect(connectOrStart(optionsFor(join(sandbox(), 'no', 'such', 'dir.sock'), null))).rejects.toMatchObject({
      code: 'SUPERVISOR_NOT_RUNNING',
    });
  });

  it('starts it, shakes hands and finds it running the next time', async () => {
    const socketPath = join(sandbox(), 'run', 'oma.sock');
    const first = await connected(optionsFor(socketPath, 'serve'));
    expect(first.hello).toMatchObject({ version: '9.9.9', demo: false });
    expect(first.hello.pid).not.toBe(process.pid);
    const second = await connected(optionsFor(socketPath, null));
    expect(second.hello.pid).toBe(first.hello.pid);
  });

  it.runIf(existsSync('/proc/self/limits'))('[H.T.27] starts it as a process that leaves no core file', async () => {
    const { hello } = await connected(optionsFor(join(sandbox(), 'oma.sock'), 'serve'));
    expect(readFileSync(`/proc/${String(hello.pid)}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m);
  });

  it('is served as soon as the socket answers, even if no report ever comes', async () => {
    const connection = await connected(optionsFor(join(sandbox(), 'oma.sock'), 'mute'));
    expect(connection.hello.version).toBe('9.9.9');
  });

  it('gives twenty starters at once the same supervisor', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    const all = await Promise.all(Array.from({ length: 20 }, () => connected(optionsFor(socketPath, 'serve'))));
    expect(new Set(all.map(({ hello }) => hello.pid)).size).toBe(1);
  }, 60_000);

  it('is left to another process that is starting it', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    writeFileSync(`${socketPath}.starting`, '');
    // A start of its own would fail, and say why.
    const waiting = connected(optionsFor(socketPath, 'refuse'));
    await serveHere(socketPath);
    expect((await waiting).hello.version).toBe('9.9.9');
    expect(existsSync(`${socketPath}.starting`)).toBe(true);
  });

  it.each([
    ['gave up', (file: string): void => rmSync(file)],
    ['was killed', (file: string): void => utimesSync(file, 0, 0)],
  ])('is started by who waits when the process that was starting it %s', async (_how, lose) => {
    const socketPath = join(sandbox(), 'oma.sock');
    writeFileSync(`${socketPath}.starting`, '');
    const waiting = connected(optionsFor(socketPath, 'serve'));
    setTimeout(() => lose(`${socketPath}.starting`), 100);
    expect((await waiting).hello.version).toBe('9.9.9');
  });

  it('is started at once when the last start was cut off, and leaves no trace of it', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    writeFileSync(`${socketPath}.starting`, '');
    utimesSync(`${socketPath}.starting`, 0, 0);
    await connected(optionsFor(socketPath, 'serve'));
    expect(existsSync(`${socketPath}.starting`)).toBe(false);
  });

  it('starts it anew after it was killed, over the socket that it left', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    const first = await connected(optionsFor(socketPath, 'serve'));
    const gone = new Promise<void>((resolve) => first.connection.onClose(() => resolve()));
    const call = first.client['status.get']({});
    process.kill(first.hello.pid, 'SIGKILL');
    await gone;
    await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/CONNECTION_CLOSED|INTERNAL/) as string });
    expect(existsSync(socketPath)).toBe(true);
    const second = await connected(optionsFor(socketPath, 'serve'));
    expect(second.hello.pid).not.toBe(first.hello.pid);
  });

  it('lets the supervisor outlive whoever started it', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    const script = `
      import { connectOrStart } from ${JSON.stringify(join(import.meta.dirname, '../../../runtime/connect.ts'))};
      const options = ${JSON.stringify(optionsFor(socketPath, 'serve'))};
      const { hello } = await connectOrStart(options);
      console.log(hello.pid);
      process.exit(0);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const { hello } = await connected(optionsFor(socketPath, null));
    expect(hello.pid).toBe(Number(stdout));
  });

  it('lets a process end although its connection is open, if asked to', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    await connected(optionsFor(socketPath, 'serve'));
    const script = `
      import { connectOrStart } from ${JSON.stringify(join(import.meta.dirname, '../../../runtime/connect.ts'))};
      const { connection } = await connectOrStart({ ...${JSON.stringify(optionsFor(socketPath, null))}, unref: true });
      console.log(connection.isClosed);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 60_000,
    });
    expect(stdout.trim()).toBe('false');
  });
});

describe('a supervisor that cannot be started', () => {
  it.each([
    ['refuse', { code: 'STORE_PASSPHRASE_REQUIRED', message: 'The store is encrypted. Set the passphrase.' }],
    [
      'refuse-strangely',
      { code: 'SUPERVISOR_START_FAILED', message: expect.stringContaining('Something new went wrong.') as string },
    ],
    ['quit', { code: 'SUPERVISOR_START_FAILED', message: expect.stringContaining('without a word') as string }],
    ['babble', { code: 'SUPERVISOR_START_FAILED' }],
  ])('says why: %s', async (part, failure) => {
    await expect(connectOrStart(optionsFor(join(sandbox(), 'oma.sock'), part))).rejects.toMatchObject(failure);
  });

  it('repeats its last words without their secrets', async () => {
    const failure = await connectOrStart(optionsFor(join(sandbox(), 'oma.sock'), 'crash')).catch((error: unknown) =>
      String(error),
    );
    expect(failure).toContain('cannot read ~/x with Bearer [redacted]');
    expect(failure).not.toContain('PlantedSecret');
  });

  it('says so when its program does not exist', async () => {
    const options = optionsFor(join(sandbox(), 'oma.sock'), 'serve');
    const start = { command: '/no/such/node', args: [], env: {} };
    await expect(connectOrStart({ ...options, start })).rejects.toMatchObject({
      code: 'SUPERVISOR_START_FAILED',
      message: expect.stringMatching(/not found|No such file/) as string,
    });
  });

  it('says so when the directory of its socket cannot be made', async () => {
    const file = join(sandbox(), 'file');
    writeFileSync(file, '');
    await expect(connectOrStart(optionsFor(join(file, 'run', 'oma.sock'), 'serve'))).rejects.toMatchObject({
      code: 'SUPERVISOR_START_FAILED',
      message: expect.stringMatching(/ENOTDIR.*OPENCODE_MULTI_AUTH_SOCKET/) as string,
    });
  });

  it('is given up at the deadline', async () => {
    const options = { ...optionsFor(join(sandbox(), 'oma.sock'), 'hang'), deadlineMs: 1_000 };
    await expect(connectOrStart(options)).rejects.toMatchObject({
      code: 'SUPERVISOR_START_FAILED',
      message: expect.stringContaining('1000 ms') as string,
    });
  });

  it('is given up when the caller gives up', async () => {
    const controller = new AbortController();
    const connecting = connectOrStart({
      ...optionsFor(join(sandbox(), 'oma.sock'), 'hang'),
      signal: controller.signal,
    });
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 100);
    await expect(connecting).rejects.toBe(reason);
  });

  it('does not matter when another one serves meanwhile', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    const [slow, late] = await Promise.all([
      connected(optionsFor(socketPath, 'slow')),
      connected(optionsFor(socketPath, 'hang')),
    ]);
    expect(late.hello.pid).toBe(slow.hello.pid);
  });
});

describe('a supervisor that is not to be trusted or understood', () => {
  it('is refused when it speaks another protocol, with what to do', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    const child = spawn(process.execPath, [PROGRAM, socketPath, 'incompatible'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await expect(connectOrStart(optionsFor(socketPath, 'serve'))).rejects.toMatchObject({
      code: 'SUPERVISOR_INCOMPATIBLE',
      message: expect.stringContaining('oma down') as string,
    });
  });

  it('is refused when its socket or directory belongs to another user', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    await connected(optionsFor(socketPath, 'serve'));
    const { uid } = statSync(socketPath);
    await expect(connectOrStart({ ...optionsFor(socketPath, null), uid: uid + 1 })).rejects.toMatchObject({
      code: 'SOCKET_FOREIGN',
    });
  });

  it.each([0o777, 0o720])('is refused when others may write to its directory, mode %o', async (mode) => {
    const directory = join(sandbox(), 'run');
    mkdirSync(directory);
    chmodSync(directory, mode);
    await expect(connectOrStart(optionsFor(join(directory, 'oma.sock'), 'serve'))).rejects.toMatchObject({
      code: 'SOCKET_FOREIGN',
    });
  });

  it('is refused when its path is too long', async () => {
    await expect(connectOrStart(optionsFor(`/${'x'.repeat(120)}`, 'serve'))).rejects.toMatchObject({
      code: 'SOCKET_PATH_TOO_LONG',
    });
  });

  it('is given up at the deadline when it accepts and never answers', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    onTestFinished(() => void server.close());
    await expect(connectOrStart({ ...optionsFor(socketPath, 'serve'), deadlineMs: 200 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
  });

  it('counts as not running when something else answers on its socket', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    onTestFinished(() => void server.close());
    await expect(connectOrStart(optionsFor(socketPath, null))).rejects.toMatchObject({
      code: 'SUPERVISOR_NOT_RUNNING',
    });
    await vi.waitFor(() => expect(server.listening).toBe(true), PATIENCE);
  });
});
