import { describe, expect, it } from 'vitest';

import { useReceiver } from '../../support/receiver.ts';
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

  it('goes nowhere but https and loopback, and a refusal is told without the address', async () => {
    const call = useWorker();
    expect(
      await call['notice.send']({ url: 'http://example.test/hook', format: 'ntfy', notice: NOTICE }),
    ).toMatchObject({ sent: false });
    const { url } = await useReceiver(500);
    const answer = await call['notice.send']({ url, format: 'webhook', notice: NOTICE });
    expect(answer).toEqual({ sent: false, message: 'The receiver refused it (HTTP 500).' });
  });
});
