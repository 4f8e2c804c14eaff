import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readOpening } from '../../../plugin/first-event.ts';
import { ANSWER, sse, streamOf } from '../../support/fake-upstream.ts';

const FAILED = sse('response.failed', { response: { error: { code: 'rate_limit_exceeded', message: 'x' } } });
const text = (chunks: readonly Uint8Array[]) => chunks.map((chunk) => new TextDecoder().decode(chunk)).join('');

async function opening(chunks: readonly string[]) {
  let firstBytes = 0;
  const reader = streamOf(chunks).getReader();
  const found = await readOpening(reader, () => {
    firstBytes += 1;
  });
  const left = await reader.read();
  return {
    ...found,
    held: text(found.held),
    next: left.done ? null : new TextDecoder().decode(left.value),
    firstBytes,
  };
}

describe('readOpening', () => {
  it('stops at the first event that is output, and reads nothing beyond', async () => {
    const found = await opening(ANSWER);
    expect(found).toEqual({
      held: ANSWER.slice(0, 3).join(''),
      ended: false,
      failure: null,
      next: ANSWER[3],
      firstBytes: 1,
    });
  });

  it('finds a failure that stands before any output', async () => {
    const found = await opening([ANSWER[0], FAILED]);
    expect(JSON.parse(found.failure ?? '')).toMatchObject({ type: 'response.failed' });
  });

  it('finds it within one chunk too, and among comments and limits', async () => {
    expect(
      (await opening([`: ping\n\n${ANSWER[0]}${sse('codex.rate_limits', { plan_type: 'plus' })}${FAILED}`])).failure,
    ).toContain('rate_limit_exceeded');
  });

  it('does not call a failure an opening failure once there was output', async () => {
    expect((await opening([ANSWER[0] + ANSWER[2] + FAILED])).failure).toBeNull();
  });

  it('does not wait for the end of an output event', async () => {
    const begun = 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"a long';
    expect(await opening([begun, 'rest'])).toMatchObject({ held: begun, next: 'rest', failure: null });
  });

  it('says that nothing came when nothing came', async () => {
    expect(await opening([])).toMatchObject({ held: '', ended: true, failure: null, firstBytes: 0 });
    expect(await opening([ANSWER[0]])).toMatchObject({ held: ANSWER[0], ended: true });
  });

  it('hands a stream of another kind on at once', async () => {
    expect(await opening(['data: anything\n\n', 'more'])).toMatchObject({
      held: 'data: anything\n\n',
      ended: false,
      failure: null,
    });
  });

  it('gives up looking in an opening without an end', async () => {
    const filler = `: ${'x'.repeat(200_000)}\n\n`;
    const found = await opening([filler, filler, filler, filler]);
    expect(found).toMatchObject({ ended: false, failure: null });
    expect(found.held.length).toBe(3 * filler.length);
  });

  it('passes a broken connection on', async () => {
    await expect(readOpening(streamOf([ANSWER[0]], new Error('reset')).getReader(), () => undefined)).rejects.toThrow(
      'reset',
    );
  });

  it('decides the same however the stream is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(true, false), fc.array(fc.nat(400), { maxLength: 20 }), async (fails, cuts) => {
        const stream = fails ? ANSWER[0] + FAILED : ANSWER.join('');
        const at = [0, ...cuts.map((cut) => cut % stream.length).sort((a, b) => a - b), stream.length];
        const found = await opening(
          at
            .slice(1)
            .map((end, index) => stream.slice(at[index], end))
            .filter((chunk) => chunk !== ''),
        );
        expect(found.failure !== null).toBe(fails);
      }),
    );
  });
});
