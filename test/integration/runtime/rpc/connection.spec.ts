import { PassThrough } from 'node:stream';

import { describe, expect, it, vi } from 'vitest';

import type { OmaError } from '../../../../contract/errors.ts';
import { type Connection, openConnection } from '../../../../runtime/rpc/connection.ts';
import { HEADER_BYTES_MAX } from '../../../../runtime/rpc/frame-header.ts';
import { PATIENCE } from '../../../support/patience.ts';
import { frame, received as receivedBy, socketPair } from '../support/line.ts';

const OPTIONS = { deadlineMs: 5_000, decode: (answer: unknown) => answer };

async function connections(
  ...options: Parameters<typeof openConnection>[2][]
): Promise<{ left: Connection; right: Connection }> {
  const { left, right } = await socketPair();
  return { left: openConnection(left, left, options[0]), right: openConnection(right, right, options[1]) };
}

function closeOf(connection: Connection): Promise<OmaError | null> {
  return new Promise((resolve) => connection.onClose(resolve));
}

/** A connection whose peer sends whatever it likes. */
async function againstRaw(options: Parameters<typeof openConnection>[2] = {}) {
  const { left, right } = await socketPair();
  const connection = openConnection(left, left, options);
  return { connection, closed: closeOf(connection), peer: right, received: receivedBy(right) };
}

describe('a connection', () => {
  it('carries calls, answers and notifications both ways', async () => {
    const { left, right } = await connections();
    const heard: unknown[] = [];
    for (const side of [left, right]) {
      side.onRequest((method, params) => ({ method, params }));
      side.onNotification('news', (params) => heard.push(params));
    }
    expect(await left.request('a', { x: 1 }, OPTIONS)).toEqual({ method: 'a', params: { x: 1 } });
    expect(await right.request('b', {}, OPTIONS)).toEqual({ method: 'b', params: {} });
    left.notify('news', { from: 'left' });
    right.notify('news', { from: 'right' });
    await vi.waitFor(() => expect(heard).toHaveLength(2), PATIENCE);
    expect(heard).toContainEqual({ from: 'left' });
  });

  it('gives each caller its own answer when they come out of order', async () => {
    const { left, right } = await connections();
    const release = new Map<string, () => void>();
    right.onRequest((method) => new Promise((resolve) => release.set(method, () => resolve(`${method}!`))));
    const answers = ['one', 'two', 'three'].map((method) => left.request(method, {}, OPTIONS));
    await vi.waitFor(() => expect(release.size).toBe(3), PATIENCE);
    for (const method of ['three', 'one', 'two']) release.get(method)?.();
    expect(await Promise.all(answers)).toEqual(['one!', 'two!', 'three!']);
  });

  it('keeps many calls in flight apart', async () => {
    const { left, right } = await connections();
    right.onRequest((_, params) => params);
    const calls = Array.from({ length: 500 }, (_, index) => left.request('n', { index }, OPTIONS));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 500 }, (_, index) => ({ index })));
  });

  it('sends the messages of one turn in one write', async () => {
    const { left } = await socketPair();
    const write = vi.spyOn(left, 'write');
    const connection = openConnection(left, left);
    for (let index = 0; index < 10; index += 1) connection.notify('n', { index });
    await Promise.resolve();
    expect(write).toHaveBeenCalledTimes(1);
  });

  it('answers undefined as null', async () => {
    const { left, right } = await connections();
    right.onRequest(() => undefined);
    expect(await left.request('x', {}, OPTIONS)).toBeNull();
  });

  it('rejects calls under way, and later ones, when the peer dies', async () => {
    const { connection, closed, peer } = await againstRaw();
    const calls = [connection.request('a', {}, OPTIONS), connection.request('b', {}, OPTIONS)];
    peer.destroy();
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await closed).toBeNull();
    expect(connection.isClosed).toBe(true);
    await expect(connection.request('c', {}, OPTIONS)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    connection.notify('n', {});
  });

  it('takes what the peer said last before it ended', async () => {
    const { connection, closed, peer } = await againstRaw();
    const heard: unknown[] = [];
    connection.onNotification('n', (params) => heard.push(params));
    peer.end(Array.from({ length: 200 }, (_, n) => frame({ jsonrpc: '2.0', method: 'n', params: { n } })).join(''));
    await closed;
    expect(heard).toHaveLength(200);
  });

  it('sends what was written before it is disposed', async () => {
    const { left, right } = await connections();
    const heard: unknown[] = [];
    right.onNotification('last', (params) => heard.push(params));
    left.notify('last', { words: true });
    left.dispose();
    await closeOf(right);
    expect(heard).toEqual([{ words: true }]);
  });

  it('tells a listener that comes after the end', async () => {
    const { connection, closed, peer } = await againstRaw();
    peer.destroy();
    await closed;
    expect(await closeOf(connection)).toBeNull();
  });

  it('works over two streams, as to a child process', async () => {
    const there = new PassThrough();
    const back = new PassThrough();
    const parent = openConnection(back, there);
    const child = openConnection(there, back);
    child.onRequest((_, params) => params);
    expect(await parent.request('x', { y: 1 }, OPTIONS)).toEqual({ y: 1 });
    there.end();
    expect(await closeOf(child)).toBeNull();
    expect(await closeOf(parent)).toBeNull();
  });
});

describe('a connection to a peer that breaks the protocol', () => {
  it.each([
    ['garbage', 'this is no frame\n', 'INVALID_JSON'],
    ['a body that is no JSON', 'Content-Length: 3\r\n\r\n{a}', 'INVALID_JSON'],
    ['a body that is no object', frame(5), 'INVALID_JSON'],
    ['null', frame(null), 'INVALID_JSON'],
    ['a batch', frame([{ jsonrpc: '2.0', method: 'x', id: 1 }]), 'INVALID_JSON'],
    ['an object that is no message', frame({ hello: 'world' }), 'INVALID_JSON'],
    ['a call whose number is null', frame({ jsonrpc: '2.0', id: null, method: 'x' }), 'INVALID_JSON'],
    ['a cancel without parameters', frame({ jsonrpc: '2.0', method: '$/cancelRequest' }), 'INVALID_JSON'],
    ['a frame of 2 GB', 'Content-Length: 2147483648\r\n\r\n', 'FRAME_TOO_LARGE'],
    ['a header without end', 'A'.repeat(HEADER_BYTES_MAX + 1), 'FRAME_TOO_LARGE'],
  ])('closes on %s, says why to the peer, and rejects calls under way', async (_, bytes, code) => {
    const { connection, closed, peer, received } = await againstRaw();
    const call = connection.request('pending', {}, OPTIONS);
    peer.write(bytes);
    expect(await closed).toMatchObject({ code });
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION_CLOSED', details: { reason: code } });
    await received.ended;
    expect(received.all()).toContain(`"data":{"code":"${code}"`);
    expect(received.all()).toContain('"id":null');
  });

  it('closes on two calls with one number', async () => {
    const { connection, closed, peer } = await againstRaw();
    connection.onRequest(() => new Promise(() => undefined));
    const call = frame({ jsonrpc: '2.0', id: 1, method: 'x' });
    peer.write(call + call);
    expect(await closed).toMatchObject({ code: 'INVALID_JSON' });
  });

  it('learns from the farewell of the peer why it closed', async () => {
    const { left, right } = await socketPair();
    const ours = openConnection(left, left);
    openConnection(right, right);
    const call = ours.request('x', {}, OPTIONS);
    left.write('garbage, not a frame\n');
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION_CLOSED', details: { reason: 'INVALID_JSON' } });
  });

  it('ends quietly when the peer ends in the middle of a frame', async () => {
    const { connection, closed, peer } = await againstRaw();
    const call = connection.request('x', {}, OPTIONS);
    peer.end('Content-Length: 500\r\n\r\n{"jsonrpc":"2.0","id":0,"resu');
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await closed).toBeNull();
  });

  it('ignores answers to calls that were never made', async () => {
    const { connection, peer } = await againstRaw();
    peer.write(
      frame({ jsonrpc: '2.0', id: 99, result: {} }) +
        frame({ jsonrpc: '2.0', id: 'x', error: { code: 1, message: 'm' } }),
    );
    peer.write(frame({ jsonrpc: '2.0', id: 0, result: 'mine' }));
    expect(await connection.request('x', {}, OPTIONS)).toBe('mine');
  });

  it('survives a listener that throws by closing', async () => {
    const { left, right } = await connections();
    right.onNotification('n', () => {
      throw new Error('cannot');
    });
    left.notify('n', {});
    expect(await closeOf(right)).toMatchObject({ code: 'INTERNAL' });
  });
});

describe('the limits of a connection', () => {
  it('gives a call up at its deadline and tells the peer', async () => {
    const { left, right } = await connections();
    const cancelled = new Promise<void>((resolve) => {
      right.onRequest(
        (_, __, call) =>
          new Promise((answer) => {
            call.signal.addEventListener('abort', () => {
              resolve();
              answer('too late');
            });
          }),
      );
    });
    await expect(left.request('slow', {}, { ...OPTIONS, deadlineMs: 30 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await cancelled;
    right.onRequest(() => 'next');
    expect(await left.request('x', {}, OPTIONS)).toBe('next');
  });

  it('gives a call up when its signal aborts, with the reason of the signal, and tells the peer', async () => {
    const { left, right } = await connections();
    let seen: AbortSignal | null = null;
    right.onRequest((_, __, call) => {
      seen = call.signal;
      return new Promise(() => undefined);
    });
    const controller = new AbortController();
    const call = left.request('slow', {}, { ...OPTIONS, signal: controller.signal });
    await vi.waitFor(() => expect(seen).not.toBeNull(), PATIENCE);
    const reason = new Error('user pressed escape');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await vi.waitFor(() => expect(seen?.aborted).toBe(true), PATIENCE);
  });

  it('does not send a call whose signal has aborted already', async () => {
    const { connection, received } = await againstRaw();
    const call = connection.request('x', {}, { ...OPTIONS, signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    connection.dispose();
    await received.ended;
    expect(received.all()).toBe('');
  });

  it('listens to a signal no longer than the call takes', async () => {
    const { left, right } = await connections();
    right.onRequest(() => 'done');
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    await left.request('x', {}, { ...OPTIONS, signal });
    expect(remove).toHaveBeenCalledOnce();
  });

  it('tells handlers that look that their caller is gone', async () => {
    const { left, right } = await connections();
    const aborted = new Promise<boolean>((resolve) => {
      right.onRequest((_, __, { signal }) => {
        signal.addEventListener('abort', () => resolve(signal.aborted));
        return new Promise(() => undefined);
      });
    });
    left.request('x', {}, OPTIONS).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    left.dispose();
    expect(await aborted).toBe(true);
  });

  it('gives a signal that has aborted already to a handler that asks late', async () => {
    const { left, right } = await connections();
    let late: () => boolean = () => false;
    right.onRequest((_, __, call) => {
      late = () => call.signal.aborted;
      return new Promise(() => undefined);
    });
    await expect(left.request('x', {}, { ...OPTIONS, deadlineMs: 20 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await vi.waitFor(() => expect(late()).toBe(true), PATIENCE);
  });

  it('refuses calls of the peer beyond the limit and goes on with the others', async () => {
    const { left, right } = await connections({}, { callsMax: 3 });
    const release: (() => void)[] = [];
    right.onRequest(() => new Promise((resolve) => release.push(() => resolve('done'))));
    const calls = Array.from({ length: 5 }, () => left.request('x', {}, OPTIONS));
    await expect(calls[3]).rejects.toMatchObject({ code: 'TOO_MANY_CALLS' });
    await expect(calls[4]).rejects.toMatchObject({ code: 'TOO_MANY_CALLS' });
    for (const answer of release) answer();
    expect(await Promise.all(calls.slice(0, 3))).toEqual(['done', 'done', 'done']);
    right.onRequest(() => 'again');
    expect(await left.request('x', {}, OPTIONS)).toBe('again');
  });

  it('does not send more calls than the limit before some are answered', async () => {
    const { left, right } = await connections({ callsMax: 2 });
    const release: (() => void)[] = [];
    right.onRequest(() => new Promise((resolve) => release.push(() => resolve('done'))));
    const calls = [left.request('x', {}, OPTIONS), left.request('x', {}, OPTIONS)];
    await expect(left.request('x', {}, OPTIONS)).rejects.toMatchObject({ code: 'TOO_MANY_CALLS' });
    await vi.waitFor(() => expect(release).toHaveLength(2), PATIENCE);
    for (const answer of release) answer();
    await Promise.all(calls);
    right.onRequest(() => 'again');
    expect(await left.request('x', {}, OPTIONS)).toBe('again');
  });

  it('refuses to send a call that is larger than a message may be, and stays open', async () => {
    const { left, right } = await connections({ frameBytesMax: 1_000 });
    right.onRequest(() => 'fine');
    await expect(left.request('x', { text: 'y'.repeat(2_000) }, OPTIONS)).rejects.toMatchObject({
      code: 'FRAME_TOO_LARGE',
    });
    expect(await left.request('x', {}, OPTIONS)).toBe('fine');
  });

  it('answers FRAME_TOO_LARGE instead of an answer that is larger than a message may be, and stays open', async () => {
    const { left, right } = await connections({}, { frameBytesMax: 1_000 });
    right.onRequest((method) => (method === 'big' ? 'y'.repeat(2_000) : 'fine'));
    await expect(left.request('big', {}, OPTIONS)).rejects.toMatchObject({ code: 'FRAME_TOO_LARGE' });
    expect(await left.request('x', {}, OPTIONS)).toBe('fine');
  });

  it('closes a peer that sends a larger frame than this side takes', async () => {
    const { left, right } = await connections({}, { frameBytesMax: 1_000 });
    right.onRequest(() => 'never');
    await expect(left.request('x', { text: 'y'.repeat(2_000) }, OPTIONS)).rejects.toMatchObject({
      code: 'CONNECTION_CLOSED',
      details: { reason: 'FRAME_TOO_LARGE' },
    });
  });

  it('gives up a peer that never reads, instead of keeping everything for it', async () => {
    const { left, right } = await socketPair();
    right.pause();
    const connection = openConnection(left, left, { unsentBytesMax: 1_000_000 });
    const closed = closeOf(connection);
    const text = 'x'.repeat(100_000);
    for (let count = 0; count < 200 && !connection.isClosed; count += 1) {
      connection.notify('event', { text });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await closed).toMatchObject({
      code: 'CONNECTION_CLOSED',
      message: expect.stringContaining('stopped reading') as string,
    });
    expect(left.destroyed).toBe(true);
  });

  it('gives up a peer that never reads within one turn of the event loop, too', async () => {
    const { left, right } = await socketPair();
    right.pause();
    const connection = openConnection(left, left, { unsentBytesMax: 1_000_000 });
    for (let count = 0; count < 200; count += 1) connection.notify('event', { text: 'x'.repeat(100_000) });
    expect(connection.isClosed).toBe(true);
  });

  it('ends soon even if the peer never does', async () => {
    const { left, right } = await socketPair();
    right.pause();
    const connection = openConnection(left, left);
    connection.dispose();
    await vi.waitFor(() => expect(left.destroyed).toBe(true), PATIENCE);
  });
});

describe('what a failing handler tells', () => {
  const SECRET = 'secret-refresh-token-abc123';

  it.each([
    [
      'throws',
      () => {
        throw new Error(SECRET);
      },
    ],
    ['rejects', () => Promise.reject(new Error(SECRET))],
    ['answers what JSON cannot say', () => ({ [SECRET]: 1n })],
  ])('is nothing when it %s', async (_, answer) => {
    const { connection, peer, received } = await againstRaw();
    connection.onRequest(answer);
    peer.write(frame({ jsonrpc: '2.0', id: 7, method: 'x', params: {} }));
    await vi.waitFor(() => expect(received.all()).toContain('"id":7'), PATIENCE);
    expect(received.all()).toContain('"code":"INTERNAL"');
    expect(received.all()).not.toContain(SECRET);
  });
});
