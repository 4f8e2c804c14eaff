import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { PROTOCOL_VERSION } from '../../../contract/handshake.ts';
import type { Client } from '../../../contract/operation.ts';
import { secretSchema } from '../../../contract/scalars.ts';
import { WORKER_OPERATIONS, type WorkerOperations } from '../../../contract/worker-operations.ts';
import { createClient } from '../../../runtime/rpc/client.ts';
import { openConnection } from '../../../runtime/rpc/connection.ts';
import { PATIENCE } from '../../support/patience.ts';
import { useSimulator } from '../../support/simulator.ts';

const MAIN = fileURLToPath(new URL('../../../worker/main.ts', import.meta.url));
const HELLO = { protocolVersion: PROTOCOL_VERSION, buildId: 'test', version: '0.0.0', pid: process.pid };
/** A start from the sources, on a machine that is busy with other tests. */
const START = { deadlineMs: 30_000 };
/** A process that does not end within this time is killed, and the test fails. */
const END_MS = 40_000;

describe('the worker process', () => {
  it('says hello, works, and ends by itself when its supervisor is gone', async () => {
    const simulator = await useSimulator();
    const { client, child, ended } = start();
    expect(await client['session.hello'](HELLO, START)).toEqual({
      protocolVersion: PROTOCOL_VERSION,
      buildId: 'dev',
      version: 'dev',
      pid: child.pid,
    });
    expect(await client['session.ping']({})).toEqual({});
    const refreshToken = secretSchema.parse(simulator.control.credentials('work').refreshToken);
    expect(await client['token.refresh']({ issuerUrl: simulator.issuerUrl, refreshToken })).toMatchObject({
      status: 'granted',
    });
    child.stdin.end();
    expect(await ended).toEqual({ code: 0, signal: null, stderr: '' });
  });

  it('ends although a login and a refresh are under way', async () => {
    const simulator = await useSimulator();
    const { client, child, ended } = start();
    simulator.control.pushFault({ kind: 'stall-before-headers', endpoint: 'token' });
    const begun = await client['login.begin']({ loginId: 'login-1', method: 'paste', issuerUrl: simulator.issuerUrl });
    expect(begun.method).toBe('paste');
    const finished = client['login.finish']({ loginId: 'login-1' }).catch((error: unknown) => error);
    const refreshed = client['token.refresh']({
      issuerUrl: simulator.issuerUrl,
      refreshToken: secretSchema.parse('rt_x'),
    }).catch((error: unknown) => error);
    await expect.poll(() => simulator.control.state().openRequests, PATIENCE).toBe(1);
    child.stdin.end();
    expect(await ended).toMatchObject({ code: 0, signal: null });
    expect(await finished).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await refreshed).toMatchObject({ code: 'CONNECTION_CLOSED' });
  });

  it('does not outlive a supervisor that was killed', async () => {
    const spawnWorker = `require('node:child_process').spawn(process.execPath, [${JSON.stringify(MAIN)}], { stdio: ['pipe', 'pipe', 'inherit'] })`;
    const supervisor = spawn(process.execPath, [
      '-e',
      `const worker = ${spawnWorker}; console.log(worker.pid); setInterval(() => {}, 1_000);`,
    ]);
    const pid = Number(
      await new Promise<string>((resolve) =>
        supervisor.stdout.once('data', (data: Buffer) => resolve(data.toString())),
      ),
    );
    // Both hold this pipe, so its end says that both are gone.
    const bothGone = new Promise<void>((resolve) => supervisor.stderr.once('end', resolve).resume());
    const lastResort = setTimeout(() => process.kill(pid, 'SIGKILL'), END_MS);
    process.kill(pid, 0);
    supervisor.kill('SIGKILL');
    const startedAtMs = performance.now();
    await bothGone;
    clearTimeout(lastResort);
    expect(performance.now() - startedAtMs).toBeLessThan(END_MS);
  });

  it('tells failures across the pipe with their code, their advice and no secret', async () => {
    const simulator = await useSimulator();
    const { client } = start();
    const begin = client['login.begin']({ loginId: 'login-1', method: 'paste', issuerUrl: 'http://auth.example.test' });
    await expect(begin).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringContaining('OPENCODE_MULTI_AUTH_ISSUER_URL'),
    });
    await client['login.begin']({ loginId: 'login-0f3c2a1e-paste', method: 'paste', issuerUrl: simulator.issuerUrl });
    const again = client['login.begin']({
      loginId: 'login-0f3c2a1e-paste',
      method: 'paste',
      issuerUrl: simulator.issuerUrl,
    });
    await expect(again).rejects.toMatchObject({
      code: 'OPERATION_IN_PROGRESS',
      message: 'The login login-0f3c2a1e-paste has begun already.',
    });
    const pasted = client['login.paste']({ loginId: 'login-0f3c2a1e-paste', pasted: 'ac_PLANTED !' });
    await expect(pasted).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringContaining('It begins with http://localhost: and has "code=" in it.'),
    });
    await expect(client['login.finish']({ loginId: 'login-2' })).rejects.toMatchObject({ code: 'LOGIN_NOT_FOUND' });
  });

  it('goes through the proxy of its environment, but never for loopback', async () => {
    const simulator = await useSimulator();
    const tunnels: string[] = [];
    const proxy = await useProxy((target) => tunnels.push(target));
    const { client, child, ended } = start({ HTTPS_PROXY: proxy, HTTP_PROXY: proxy });
    const away = await client['token.refresh']({
      issuerUrl: 'https://issuer.invalid',
      refreshToken: secretSchema.parse('rt_PLANTED'),
    });
    expect(away).toMatchObject({ status: 'not-sent' });
    expect(tunnels).toEqual(['issuer.invalid:443']);
    const { refreshToken } = simulator.control.credentials('work');
    expect(
      await client['token.refresh']({ issuerUrl: simulator.issuerUrl, refreshToken: secretSchema.parse(refreshToken) }),
    ).toMatchObject({ status: 'granted' });
    expect(tunnels).toHaveLength(1);
    child.stdin.end();
    expect(await ended).toMatchObject({ code: 0 });
  });

  it('starts without a proxy whose address is not valid, and does not repeat it', async () => {
    const { client, child, ended } = start({ HTTPS_PROXY: 'http://user:PLANTED@[nonsense' });
    expect(await client['session.ping']({}, START)).toEqual({});
    child.stdin.end();
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toContain('the address is not valid');
    expect(stderr).not.toContain('PLANTED');
  });
});

interface Started {
  readonly client: Client<WorkerOperations>;
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly stderr: string }>;
}

/** Starts the worker as the supervisor does: its own environment, protocol on its pipes. */
function start(env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: 'pipe' });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const ended = new Promise<Awaited<Started['ended']>>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, stderr })),
  );
  const deadline = setTimeout(() => child.kill('SIGKILL'), END_MS);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    clearTimeout(deadline);
  });
  return { child, ended, client: createClient(openConnection(child.stdout, child.stdin), WORKER_OPERATIONS) };
}

/** A proxy that writes down where tunnels shall lead, and opens none. */
async function useProxy(onTunnel: (target: string) => void): Promise<string> {
  const server = createServer((_, response) => response.writeHead(502).end());
  server.on('connect', (request, socket: Socket) => {
    onTunnel(request.url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}
