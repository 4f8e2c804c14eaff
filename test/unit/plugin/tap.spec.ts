import { describe, expect, it } from 'vitest';

import { type StreamEnd, tapBody } from '../../../plugin/tap.ts';
import { ANSWER, sse, streamOf } from '../../support/fake-upstream.ts';

const NOTHING_HELD = { held: [], ended: false };

function tapped(
  chunks: readonly string[],
  options: { failure?: Error; signal?: AbortSignal; held?: readonly string[] } = {},
) {
  const ends: StreamEnd[] = [];
  const held = (options.held ?? []).map((chunk) => new TextEncoder().encode(chunk));
  const stream = tapBody(
    { opening: { held, ended: false }, reader: streamOf(chunks, options.failure).getReader() },
    { signal: options.signal ?? null, onEnd: (end) => ends.push(end) },
  );
  return { stream, ends };
}

const read = async (stream: ReadableStream<Uint8Array>) => new Response(stream).text();

describe('tapBody', () => {
  it('hands every byte on, those read before first, and tells of the completion once', async () => {
    const { stream, ends } = tapped(ANSWER.slice(2), { held: ANSWER.slice(0, 2) });
    expect(await read(stream)).toBe(ANSWER.join(''));
    expect(ends).toEqual([{ kind: 'completed' }]);
  });

  it('tells of the completion with its event, not with the end of the stream', async () => {
    const { stream, ends } = tapped([...ANSWER, ': more\n\n']);
    const reader = stream.getReader();
    for (let index = 0; index < ANSWER.length; index += 1) await reader.read();
    expect(ends).toEqual([{ kind: 'completed' }]);
    await reader.cancel();
    expect(ends).toHaveLength(1);
  });

  it('tells of a failure that the answer itself names', async () => {
    const { stream, ends } = tapped([
      ...ANSWER.slice(0, 4),
      sse('response.failed', { response: { error: { code: 'rate_limit_exceeded' } } }),
    ]);
    await read(stream);
    expect(ends).toMatchObject([{ kind: 'failed' }]);
  });

  it('passes a broken connection on and tells of it', async () => {
    const failure = new Error('reset');
    const { stream, ends } = tapped(ANSWER.slice(0, 4), { failure });
    await expect(read(stream)).rejects.toThrow('reset');
    expect(ends).toEqual([{ kind: 'cut', error: failure }]);
  });

  it('does not call an answer cut that was complete before', async () => {
    const { stream, ends } = tapped(ANSWER, { failure: new Error('reset') });
    await expect(read(stream)).rejects.toThrow('reset');
    expect(ends).toEqual([{ kind: 'completed' }]);
  });

  it('tells of an answer that ended too early', async () => {
    const { stream, ends } = tapped(ANSWER.slice(0, 4));
    await read(stream);
    expect(ends).toEqual([{ kind: 'short' }]);
  });

  it('lets go of the source when the host does', async () => {
    const cancelled: unknown[] = [];
    const ends: StreamEnd[] = [];
    const source = {
      read: () => Promise.resolve({ done: false as const, value: new Uint8Array(1) }),
      cancel: (reason: unknown) => Promise.resolve(void cancelled.push(reason)),
    };
    const reader = tapBody(
      { opening: NOTHING_HELD, reader: source },
      { signal: null, onEnd: (end) => ends.push(end) },
    ).getReader();
    await reader.read();
    await reader.cancel('enough');
    expect(cancelled).toEqual(['enough']);
    expect(ends).toEqual([{ kind: 'cancelled' }]);
  });

  it('tells of an abort even if nobody reads the body', () => {
    const controller = new AbortController();
    const { ends } = tapped(ANSWER, { signal: controller.signal });
    controller.abort(new Error('esc'));
    expect(ends).toMatchObject([{ kind: 'cut', error: { message: 'esc' } }]);
  });

  it('ignores the abort that follows every completed request', async () => {
    const controller = new AbortController();
    const { stream, ends } = tapped(ANSWER, { signal: controller.signal });
    await read(stream);
    controller.abort();
    expect(ends).toEqual([{ kind: 'completed' }]);
  });

  it('reads from the source only as fast as it is read from', async () => {
    let pulled = 0;
    const source = {
      read: () => {
        pulled += 1;
        return Promise.resolve({ done: false as const, value: new Uint8Array(1_024) });
      },
      cancel: () => Promise.resolve(),
    };
    const reader = tapBody(
      { opening: NOTHING_HELD, reader: source },
      { signal: null, onEnd: () => undefined },
    ).getReader();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBe(0);
    for (let count = 0; count < 3; count += 1) await reader.read();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBe(3);
  });
});
