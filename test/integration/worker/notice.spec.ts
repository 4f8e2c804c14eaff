import { describe, expect, it } from 'vitest';

import { noticeKindSchema, noticeSchema } from '../../../contract/notice.ts';
import { readDocument } from '../../support/documents.ts';
import { useReceiver } from '../../support/receiver.ts';
import { NOON } from '../../support/state.ts';
import { useWorker } from '../../support/worker.ts';

const NOTICE = {
  kind: 'pool-dry' as const,
  at: '2026-11-23T12:00:00.000Z',
  title: 'No account — none',
  message: 'All are blocked.',
};

describe('a message that is sent', () => {
  it('reaches a webhook as JSON and ntfy as text with a title', async () => {
    const call = useWorker();
    const { received, url } = await useReceiver(200);
    expect(await call['notice.send']({ url, format: 'webhook', notice: NOTICE })).toEqual({
      sent: true,
      message: 'Sent.',
      retryAfterMs: null,
    });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      source: 'oma',
      ...NOTICE,
      text: 'No account — none: All are blocked.',
    });
    expect(await call['notice.send']({ url, format: 'ntfy', notice: NOTICE })).toMatchObject({ sent: true });
    expect(received[1]).toMatchObject({
      body: 'All are blocked.',
      headers: { title: 'No account ? none', priority: '5' },
    });
    // The clock of a receiver is not the provider's.
    expect(await call['clock.read']({})).toEqual({ clock: null });
  });

  it('is what docs/NOTIFICATIONS.md shows, which names every kind of it', async () => {
    const page = readDocument('docs/NOTIFICATIONS.md');
    const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '') as Record<string, string>;
    const call = useWorker();
    const { received, url } = await useReceiver(200);
    const notice = noticeSchema.parse(example);
    await call['notice.send']({ url, format: 'webhook', notice });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(example);
    for (const kind of noticeKindSchema.options) expect(page).toContain(`| \`${kind}\``);
  });

  it('goes nowhere but https and loopback, and a refusal is told without the address', async () => {
    const call = useWorker();
    expect(
      await call['notice.send']({ url: 'http://example.test/hook', format: 'ntfy', notice: NOTICE }),
    ).toMatchObject({ sent: false });
    const { url } = await useReceiver(500);
    const answer = await call['notice.send']({ url, format: 'webhook', notice: NOTICE });
    expect(answer).toEqual({
      sent: false,
      message: 'The receiver has trouble of its own (HTTP 500).',
      retryAfterMs: 0,
    });
  });

  it.each([
    [302, {}, /another address/, null],
    [404, {}, /knows no such address/, null],
    [404, { 'retry-after': '5' }, /knows no such address/, null],
    [418, {}, /refused it; check the address/, null],
    [408, {}, /trouble of its own/, 0],
    [429, { 'retry-after': '7' }, /wants fewer messages/, 7_000],
    [503, { 'retry-after': new Date(NOON + 90_000).toUTCString() }, /trouble of its own/, 90_000],
    [503, { 'retry-after': 'soon' }, /trouble of its own/, 0],
  ])(
    'and is answered with HTTP %i %j says what that means and whether another try helps',
    async (status, headers, means, wait) => {
      const call = useWorker({ now: () => NOON });
      const { url } = await useReceiver(status, headers);
      const answer = await call['notice.send']({ url, format: 'webhook', notice: NOTICE });
      expect(answer).toMatchObject({
        sent: false,
        message: expect.stringMatching(means) as string,
        retryAfterMs: wait,
      });
      expect(answer.message).not.toContain('secret-part');
    },
  );

  it('and meets nobody says so of the receiver, and may be tried again', async () => {
    const call = useWorker({ now: () => NOON });
    expect(
      await call['notice.send']({ url: 'http://localhost:65533/hook', format: 'webhook', notice: NOTICE }),
    ).toMatchObject({
      sent: false,
      message: expect.stringMatching(/^The receiver could not be reached \(\w+\)/) as string,
      retryAfterMs: 0,
    });
  });

  it('carries the login of its address as a header, not in the address', async () => {
    const call = useWorker();
    const { received, url } = await useReceiver(200);
    for (const [written, meant] of [
      ['ann:p%40ss', 'ann:p@ss'],
      ['ann:100%zz', 'ann:100%zz'],
    ] as const) {
      const address = url.replace('http://', `http://${written}@`);
      expect(await call['notice.send']({ url: address, format: 'ntfy', notice: NOTICE })).toMatchObject({ sent: true });
      expect(received.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from(meant).toString('base64')}`);
    }
  });
});
