import { afterEach, describe, expect, it } from 'vitest';

import type { Notice } from '../../../contract/notice.ts';
import { composeForTest, type ComposeTestOptions, type Supervised } from '../../support/composed.ts';
import { NOON } from '../../support/state.ts';
import { virtualTime } from '../../support/virtual-time.ts';

const REFUSED = { sent: false, message: 'The receiver wants another login (HTTP 401).', retryAfterMs: null };
const BUSY = { sent: false, message: 'The receiver has trouble of its own (HTTP 503).', retryAfterMs: 0 };
const SENT = { sent: true, message: 'Sent.', retryAfterMs: null };
const ON = {
  notifyToast: true,
  notifyDesktop: true,
  notifyWebhookUrl: 'http://127.0.0.1:9/secret-hook',
  notifyNtfyUrl: 'http://127.0.0.1:9/secret-topic',
};
const NOTICE: Notice = { kind: 'pool-dry', at: new Date(NOON).toISOString(), title: 'None can serve', message: 'All.' };

let oma: Supervised;
afterEach(() => oma.close());

/** A supervisor all of whose channels are on; the worker answers as told for each of its formats, then takes everything. */
async function useOma(answers: Partial<Record<'webhook' | 'ntfy', object[]>>, more: ComposeTestOptions = {}) {
  const sent: string[] = [];
  oma = await composeForTest({
    environment: ON,
    worker: {
      'notice.send': ({ format, notice }) => {
        sent.push(`${format} ${notice.kind}`);
        return Promise.resolve((answers[format]?.shift() ?? SENT) as typeof SENT);
      },
    },
    ...more,
  });
  return sent;
}

const failures = async () => (await oma.request('GET', '/api/status')).body.noticeFailures as unknown;

describe('a test message', () => {
  it('says of each channel whether it arrived, and of one that failed why', async () => {
    const sent = await useOma(
      { ntfy: [REFUSED] },
      { onDesktop: () => Promise.resolve('There is no notify-send here.') },
    );
    expect(await oma.request('POST', '/api/notices/test')).toMatchObject({
      status: 200,
      body: {
        channels: [
          {
            channel: 'toast',
            result: 'nobody',
            message: expect.stringMatching(/^No terminal of OpenCode is open/) as string,
          },
          { channel: 'desktop', result: 'failed', message: 'There is no notify-send here.' },
          { channel: 'webhook', result: 'delivered', message: 'Sent.' },
          { channel: 'ntfy', result: 'failed', message: REFUSED.message },
        ],
      },
    });
    expect(sent).toEqual(['webhook test', 'ntfy test']);
    expect(await failures()).toMatchObject([{ channel: 'desktop' }, { channel: 'ntfy', message: REFUSED.message }]);

    await oma.call('session.hello', { ...HELLO, kind: 'tui', host: 'opencode 1.18.33' });
    const { channels } = await oma.call('notice.test', {});
    expect(channels).toMatchObject([{ result: 'delivered', message: 'Shown in one OpenCode.' }, {}, {}, {}]);
    expect(oma.events).toContainEqual(expect.objectContaining({ type: 'notice', kind: 'test' }));
    expect(await failures()).toMatchObject([{ channel: 'desktop' }]);
  });

  it('goes nowhere where nothing is on, and says how to switch it on', async () => {
    const sent = await useOma({}, { environment: { notifyToast: false } });
    const { channels } = await oma.call('notice.test', {});
    expect(channels).toMatchObject(
      ['notifyToast true', 'notifyDesktop true', 'notifyWebhookUrl ADDRESS', 'notifyNtfyUrl ADDRESS'].map(
        (setting) => ({
          result: 'off',
          message: `Off. To switch it on: oma settings set ${setting}`,
        }),
      ),
    );
    expect([sent, oma.events.filter(({ type }) => type === 'notice')]).toEqual([[], []]);
  });

  it('is told as failed while the worker is down', async () => {
    await useOma({}, { worker: {} });
    const { channels } = await oma.call('notice.test', {});
    expect(channels[2]).toMatchObject({ result: 'failed', message: expect.stringContaining('"oma doctor"') as string });
  });
});

describe('a message', () => {
  it('that fails for the moment is tried again; one that is given up is seen in status until the next one arrives', async () => {
    const time = virtualTime(NOON);
    const sent = await useOma({ webhook: [BUSY, SENT], ntfy: [BUSY, BUSY, BUSY, BUSY] }, { time });
    oma.composed.notices.tell(NOTICE);
    await expect.poll(() => sent).toEqual(['webhook pool-dry', 'ntfy pool-dry']);
    await time.advance(3_000);
    expect(sent.filter((line) => line.startsWith('webhook'))).toHaveLength(2);
    expect(await failures()).toEqual([]);
    await time.advance(120_000);
    expect(sent.filter((line) => line.startsWith('ntfy'))).toHaveLength(4);
    expect(await failures()).toEqual([
      { channel: 'ntfy', at: new Date(NOON + 77_000).toISOString(), message: BUSY.message },
    ]);
    expect(oma.logged.join('\n')).toContain('"cause":"The receiver has trouble of its own (HTTP 503)."');
    expect(oma.logged.join('\n')).not.toContain('secret-');
    expect(oma.events.at(-1)).toMatchObject({ type: 'changed', topics: ['status'] });

    oma.composed.notices.tell(NOTICE);
    await expect.poll(failures).toEqual([]);
  });

  it('that was given up is no longer told of once its channel is off', async () => {
    await useOma({ webhook: [REFUSED] }, { environment: {} });
    oma.settings.setRuntime({ notifyWebhookUrl: ON.notifyWebhookUrl });
    oma.composed.notices.tell(NOTICE);
    await expect.poll(failures).toMatchObject([{ channel: 'webhook', message: REFUSED.message }]);
    oma.settings.setRuntime({});
    expect(await failures()).toEqual([]);
  });
});

const HELLO = { protocolVersion: 1, buildId: 'test', version: '0.0.0', pid: 2 };
