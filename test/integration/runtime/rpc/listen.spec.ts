import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { type Connection, openConnection } from '../../../../runtime/rpc/connection.ts';
import { type Listener, listenOnSocket, type ListenOptions } from '../../../../runtime/rpc/listen.ts';
import { isSocketAlive } from '../../../../runtime/socket-alive.ts';
import { PATIENCE } from '../../../support/patience.ts';
import { sandbox } from '../support/line.ts';

async function listen(socketPath: string, options: Partial<ListenOptions> = {}): Promise<Listener> {
  const listener = await listenOnSocket({
    socketPath,
    onConnection: (connection) => connection.onRequest((method) => `${method}!`),
    ...options,
  });
  onTestFinished(() => listener.close());
  return listener;
}

function dial(socketPath: string): Connection {
  const socket = connect(socketPath);
  return openConnection(socket, socket);
}

const ask = (connection: Connection): Promise<unknown> =>
  connection.request('hi', {}, { deadlineMs: 5_000, decode: (answer) => answer });

/** A socket whose process is dead: nobody listens any more. */
async function deadSocket(socketPath: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${socketPath}.live`, resolve));
  const { renameSync } = await import('node:fs');
  renameSync(`${socketPath}.live`, socketPath);
  await new Promise((resolve) => server.close(resolve));
}

describe('a listening socket', () => {
  it('answers, with mode 0600 in a directory of mode 0700 that it made', async () => {
    const socketPath = join(sandbox(), 'run', 'deep', 'oma.sock');
    await listen(socketPath);
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    expect(statSync(join(socketPath, '..')).mode & 0o777).toBe(0o700);
    expect(await ask(dial(socketPath))).toBe('hi!');
  });

  it('replaces the socket of a dead process', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    await deadSocket(socketPath);
    expect(existsSync(socketPath)).toBe(true);
    expect(await isSocketAlive(socketPath)).toBe(false);
    await listen(socketPath);
    expect(await ask(dial(socketPath))).toBe('hi!');
  });

  it('removes its socket and ends its connections when it closes', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    const listener = await listen(socketPath);
    const client = dial(socketPath);
    await ask(client);
    await listener.close();
    expect(existsSync(socketPath)).toBe(false);
    await vi.waitFor(() => expect(client.isClosed).toBe(true), PATIENCE);
  });

  it('turns clients away beyond the limit and takes new ones when others have gone', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    await listen(socketPath, { connectionsMax: 2 });
    const first = dial(socketPath);
    const second = dial(socketPath);
    await Promise.all([ask(first), ask(second)]);
    await expect(ask(dial(socketPath))).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    first.dispose();
    await vi.waitFor(async () => expect(await ask(dial(socketPath))).toBe('hi!'), PATIENCE);
  });

  it('refuses a path that is too long for a socket', async () => {
    await expect(listen(join(sandbox(), 'x'.repeat(120)))).rejects.toMatchObject({ code: 'SOCKET_PATH_TOO_LONG' });
  });

  it.each([0o777, 0o770, 0o755, 0o750])('refuses a directory of mode %o', async (mode) => {
    const directory = join(sandbox(), 'run');
    mkdirSync(directory);
    chmodSync(directory, mode);
    await expect(listen(join(directory, 'oma.sock'))).rejects.toMatchObject({ code: 'SOCKET_FOREIGN' });
  });

  it('refuses a directory of another user', async () => {
    const { uid } = statSync(sandbox());
    await expect(listen(join(sandbox(), 'oma.sock'), { uid: uid + 1 })).rejects.toMatchObject({
      code: 'SOCKET_FOREIGN',
    });
  });

  it('refuses to remove a file or link that is no socket', async () => {
    const directory = sandbox();
    const file = join(directory, 'file');
    writeFileSync(file, 'precious');
    await expect(listen(file)).rejects.toMatchObject({ code: 'SOCKET_FOREIGN' });
    symlinkSync(file, join(directory, 'link'));
    await expect(listen(join(directory, 'link'))).rejects.toMatchObject({ code: 'SOCKET_FOREIGN' });
    expect(existsSync(file)).toBe(true);
  });
});

describe('whether a socket is alive', () => {
  it('is true while somebody listens', async () => {
    const socketPath = join(sandbox(), 'oma.sock');
    const listener = await listen(socketPath);
    expect(await isSocketAlive(socketPath)).toBe(true);
    await listener.close();
    expect(await isSocketAlive(socketPath)).toBe(false);
  });
});
