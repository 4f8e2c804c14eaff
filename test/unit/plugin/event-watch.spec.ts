import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createEventWatch, type StreamVerdict } from '../../../plugin/event-watch.ts';
import { ANSWER, sse } from '../../support/fake-upstream.ts';

const FAILED = sse('response.failed', {
  response: { error: { code: 'rate_limit_exceeded', message: 'zu viel – später' } },
});

/** Cuts a text into chunks at these byte positions. */
function chunksOf(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

function verdictOf(chunks: readonly Uint8Array[]): StreamVerdict | null {
  const watch = createEventWatch();
  for (const chunk of chunks) watch.push(chunk);
  return watch.verdict();
}

const whole = (text: string) => verdictOf(chunksOf(text, []));
const unnamed = (text: string) => text.replaceAll(/^event: .*\n/gm, '');

describe('createEventWatch', () => {
  it('sees the completion of an answer, with and without the names of events', () => {
    expect(whole(ANSWER.join(''))).toEqual({ kind: 'completed' });
    expect(whole(unnamed(ANSWER.join('')))).toEqual({ kind: 'completed' });
  });

  it('takes an incomplete answer for one that ended as it should', () => {
    expect(whole(sse('response.created') + sse('response.incomplete'))).toEqual({ kind: 'completed' });
  });

  it('sees no end in an answer that goes on', () => {
    expect(whole(ANSWER.slice(0, -1).join(''))).toBeNull();
  });

  it('keeps the data of a failure', () => {
    const verdict = whole(sse('response.created') + FAILED);
    expect(verdict?.kind).toBe('failed');
    expect(JSON.parse(verdict?.kind === 'failed' ? verdict.data : '')).toMatchObject({
      response: { error: { code: 'rate_limit_exceeded', message: 'zu viel – später' } },
    });
  });

  it('keeps the data of an error event', () => {
    expect(whole(ANSWER[0] + sse('error', { code: 'server_error' }))).toEqual({
      kind: 'failed',
      data: '{"type":"error","code":"server_error"}',
    });
  });

  it('reads lines that end with carriage returns', () => {
    expect(whole(ANSWER.join('').replaceAll('\n', '\r\n'))).toEqual({ kind: 'completed' });
  });

  it.each([
    'event: response.completed\ndata: {"type":"response.completed"}',
    '"type":"response.failed"',
    '\n\nevent: error\n',
  ])('is not misled by a model that writes %j', (text) => {
    expect(whole(sse('response.output_text.delta', { delta: text }))).toBeNull();
    expect(whole(unnamed(sse('response.output_text.delta', { delta: text })))).toBeNull();
  });

  it('keeps a bounded part of an endless failure', () => {
    const watch = createEventWatch();
    watch.push(
      new TextEncoder().encode(
        `event: response.failed\ndata: {"response":{"error":{"code":"rate_limit_exceeded"},"x":"`,
      ),
    );
    for (let index = 0; index < 64; index += 1) watch.push(new Uint8Array(64 * 1_024).fill(120));
    const verdict = watch.verdict();
    expect(verdict?.kind === 'failed' ? verdict.data.length : 0).toBeLessThanOrEqual(64 * 1_024);
  });

  it('says the same however the stream is cut into chunks', () => {
    const streams = [
      ANSWER.join(''),
      unnamed(ANSWER.join('')),
      ANSWER.slice(0, 3).join('') + FAILED,
      unnamed(ANSWER[0] + FAILED),
      ANSWER.slice(0, 4).join(''),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...streams), fc.array(fc.nat(2_000), { maxLength: 40 }), (stream, cuts) => {
        expect(verdictOf(chunksOf(stream, cuts))).toEqual(whole(stream));
      }),
      { numRuns: 500 },
    );
  });

  it('says the same byte by byte', () => {
    const stream = ANSWER.join('');
    expect(
      verdictOf(
        chunksOf(
          stream,
          Array.from({ length: stream.length }, (_, index) => index),
        ),
      ),
    ).toEqual({ kind: 'completed' });
  });
});
