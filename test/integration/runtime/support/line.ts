import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { textFrom } from './text-from.ts';

/** A private directory that is removed after the test; short, since socket paths are. */
export function sandbox(): string {
  const directory = mkdtempSync(join(tmpdir(), 'oma-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Both ends of a Unix socket. */
export async function socketPair(): Promise<{ readonly left: Socket; readonly right: Socket }> {
  const path = join(sandbox(), 's');
  const server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const left = connect(path);
  const right = await accepted;
  onTestFinished(() => {
    left.destroy();
    right.destroy();
    server.close();
  });
  return { left, right };
}

/** Frames a message as any JSON-RPC peer does. */
export function frame(message: unknown): string {
  const body = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Collects everything a socket receives as text. */
export function received(socket: Socket): { readonly all: () => string; readonly ended: Promise<void> } {
  const all = textFrom(socket);
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  return { all, ended };
}
