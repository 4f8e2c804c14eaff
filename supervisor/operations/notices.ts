import type { Notice, NoticeChannel, NoticeFailure, NoticeTest } from '../../contract/notice.ts';
import type { Result } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import type { Settings } from '../../contract/settings.ts';
import { isoTime } from '../core/time.ts';
import type { Context } from './context.ts';
import { createOutbox, type Sent } from './outbox.ts';

/** What telling a person needs. */
export interface NoticeDeps {
  readonly context: Context;
  /** Shape: null = it was shown; else why not, and what to do. */
  readonly onDesktop: (notice: Notice) => Promise<string | null>;
  /** How many OpenCode processes would show a message. */
  readonly openCodes: () => number;
}

/** Tells a person, everywhere the settings name. */
export interface Notices {
  /** Waits for nothing; what does not arrive is logged and found among the failures. */
  tell: (notice: Notice) => void;
  /** Sends a test message everywhere, once, and waits for what becomes of it. */
  test: () => Promise<Result<Operations, 'notice.test'>>;
  /** The channels that are on and whose last message did not arrive. */
  failures: () => readonly NoticeFailure[];
}

/** A channel that says whether it took a message. */
type Posted = Exclude<NoticeChannel, 'toast'>;

const POSTED = ['desktop', 'webhook', 'ntfy'] as const satisfies readonly Posted[];

/** How each channel is switched on. */
const SWITCHES: Readonly<Record<NoticeChannel, string>> = {
  toast: 'oma settings set notifyToast true',
  desktop: 'oma settings set notifyDesktop true',
  webhook: 'oma settings set notifyWebhookUrl ADDRESS',
  ntfy: 'oma settings set notifyNtfyUrl ADDRESS',
};

/** Creates the ways to tell a person. */
export function createNotices(deps: NoticeDeps): Notices {
  const { context } = deps;
  const failures = new Map<NoticeChannel, NoticeFailure>();
  const settings = (): Settings => context.settings.effective().settings;
  const settled = (channel: Posted, notice: Notice, sent: Sent): void => {
    const wasWell = !failures.delete(channel);
    if (!sent.sent) {
      const { message } = sent;
      failures.set(channel, { channel, at: isoTime(context.now()), message });
      context.log.warn({ notice: notice.kind, channel, cause: message }, 'a notice could not be delivered');
    }
    if (!(wasWell && sent.sent)) context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['status'] });
  };
  const send = (channel: Posted, notice: Notice): Promise<Sent | null> =>
    isOn(settings(), channel) ? sendTo(deps, channel, notice) : Promise.resolve(null);
  const outboxes = POSTED.map((channel) =>
    createOutbox({
      later: context.later,
      send: (notice) => send(channel, notice),
      settled: (notice, sent) => settled(channel, notice, sent),
    }),
  );
  const testPosted = async (channel: Posted, notice: Notice): Promise<NoticeTest> => {
    const sent = await send(channel, notice);
    if (sent === null) return offAs(channel);
    settled(channel, notice, sent);
    return sent.sent
      ? { channel, result: 'delivered', message: channel === 'desktop' ? 'Shown.' : 'Sent.' }
      : { channel, result: 'failed', message: sent.message };
  };
  return {
    tell: (notice) => {
      context.log.info({ notice: notice.kind, message: notice.message }, 'notice');
      if (settings().notifyToast) context.emit({ type: 'notice', ...notice });
      for (const post of outboxes) post(notice);
    },
    test: async () => {
      const notice = testNotice(context);
      return {
        channels: [
          testToast(deps, notice),
          ...(await Promise.all(POSTED.map((channel) => testPosted(channel, notice)))),
        ],
      };
    },
    failures: () => [...failures.values()].filter(({ channel }) => isOn(settings(), channel)),
  };
}

function testNotice({ now }: Context): Notice {
  return { kind: 'test', at: isoTime(now()), title: 'A test of oma', message: 'Messages of oma arrive here.' };
}

function testToast({ context, openCodes }: NoticeDeps, notice: Notice): NoticeTest {
  const channel = 'toast';
  if (!context.settings.effective().settings.notifyToast) return offAs(channel);
  context.emit({ type: 'notice', ...notice });
  const count = openCodes();
  return count === 0
    ? {
        channel,
        result: 'nobody',
        message: 'No terminal of OpenCode is open that has the plugin; "oma plugin install" adds it.',
      }
    : {
        channel,
        result: 'delivered',
        message: `Shown in ${count === 1 ? 'one OpenCode' : `${String(count)} OpenCode`}.`,
      };
}

function offAs(channel: NoticeChannel): NoticeTest {
  return { channel, result: 'off', message: `Off. To switch it on: ${SWITCHES[channel]}` };
}

function isOn(settings: Settings, channel: NoticeChannel): boolean {
  switch (channel) {
    case 'toast':
      return settings.notifyToast;
    case 'desktop':
      return settings.notifyDesktop;
    case 'webhook':
    case 'ntfy':
      return addressOf(settings, channel) !== '';
  }
}

function addressOf({ notifyWebhookUrl, notifyNtfyUrl }: Settings, channel: 'webhook' | 'ntfy'): string {
  return channel === 'webhook' ? notifyWebhookUrl : notifyNtfyUrl;
}

async function sendTo({ context, onDesktop }: NoticeDeps, channel: Posted, notice: Notice): Promise<Sent> {
  if (channel === 'desktop') {
    const problem = await onDesktop(notice);
    return problem === null ? { sent: true } : { sent: false, message: problem, retryAfterMs: null };
  }
  try {
    const url = addressOf(context.settings.effective().settings, channel);
    return await context.worker['notice.send']({ url, format: channel, notice });
  } catch {
    return {
      sent: false,
      message: 'The worker, which sends it, does not answer; "oma doctor" says more.',
      retryAfterMs: 0,
    };
  }
}
