import type { Notice } from '../../contract/notice.ts';
import type { Context } from './context.ts';

/** Pauses before the second try and each further one, in milliseconds; the receiver may ask for longer ones. */
const PAUSES_MS = [2_000, 15_000, 60_000];

/** A receiver that wants to be left alone for longer than this does not get the message, in milliseconds. */
const PAUSE_MAX_MS = 5 * 60_000;

/** So many messages wait for one channel; when more come, the oldest is given up. */
const WAITING_MAX = 50;

/** What became of one try. Shape: `retryAfterMs` null = there is no use in another one. */
export type Sent =
  { readonly sent: true } | { readonly sent: false; readonly message: string; readonly retryAfterMs: number | null };

/** What an outbox works with. */
export interface OutboxOptions {
  readonly later: Context['later'];
  /** Tries once; null = the channel is off by now. Never rejects. */
  send: (notice: Notice) => Promise<Sent | null>;
  /** Told once for each message, when it has arrived or is given up. */
  settled: (notice: Notice, sent: Sent) => void;
}

/**
 * Delivers the messages of one channel one after the other, and tries again what may pass.
 * Why in order: a pool that is said to be dry after it is said to be back would mislead.
 */
export function createOutbox(options: OutboxOptions): (notice: Notice) => void {
  const waiting: Notice[] = [];
  let isBusy = false;
  const work = async (): Promise<void> => {
    for (let notice = waiting.shift(); notice !== undefined; notice = waiting.shift()) await deliver(options, notice);
    isBusy = false;
  };
  return (notice) => {
    waiting.push(notice);
    const oldest = waiting.length > WAITING_MAX ? waiting.shift() : undefined;
    if (oldest !== undefined) options.settled(oldest, OVERFLOWN);
    if (isBusy) return;
    isBusy = true;
    void work();
  };
}

const OVERFLOWN: Sent = {
  sent: false,
  message: 'Too many messages wait for this channel; the oldest was given up.',
  retryAfterMs: null,
};

async function deliver({ send, later, settled }: OutboxOptions, notice: Notice): Promise<void> {
  let sent = await send(notice);
  for (const pauseMs of PAUSES_MS) {
    if (sent === null || sent.sent || sent.retryAfterMs === null || sent.retryAfterMs > PAUSE_MAX_MS) break;
    const waitMs = Math.max(pauseMs, sent.retryAfterMs);
    await new Promise<void>((resolve) => void later(waitMs, resolve));
    sent = await send(notice);
  }
  if (sent !== null) settled(notice, sent);
}
