import type { EpochMs } from '../contract/scalars.ts';
import type { Wait } from './wait.ts';

/** Puts one message on the screen. */
export type Show = () => void;

/** Messages on a screen that has room for one, where each takes the place of the one before. */
export interface ToastQueue {
  /** Shows it once the one before has been up long enough to be read. */
  readonly tell: (show: Show) => void;
  /** Shows it at once, as the answer to what somebody just did. What it covers too early comes again, but for an older answer. */
  readonly answer: (show: Show) => void;
  /** Notes that somebody else has shown something. What that covers too early comes again. */
  readonly covered: () => void;
}

/** A message stays for so long at least, in milliseconds. */
export const READ_MS = 3_000;
/** Messages that wait; the oldest of more is dropped. */
export const WAITING_MAX = 5;

interface Message {
  readonly show: Show;
  readonly isAnswer: boolean;
  /** Why: two that show things without end would bring each other back for ever. */
  readonly isAgain: boolean;
}

/** Makes a queue that nobody stands in. */
export function createToastQueue({ now, wait }: { readonly now: () => EpochMs; readonly wait: Wait }): ToastQueue {
  let waiting: readonly Message[] = [];
  let shown: { readonly message: Message | null; readonly until: EpochMs } = { message: null, until: 0 };
  let isWaiting = false;

  const put = (message: Message | null): void => {
    shown = { message, until: now() + READ_MS };
    message?.show();
  };

  const showNext = async (): Promise<void> => {
    if (isWaiting) return;
    isWaiting = true;
    while (waiting.length > 0) {
      const { until } = shown;
      if (until > now()) await wait(until - now(), null);
      if (shown.until !== until) continue; // something else was shown meanwhile
      const [next, ...rest] = waiting;
      waiting = rest;
      put(next ?? null);
    }
    isWaiting = false;
  };

  const cover = (by: Message | null): void => {
    const { message, until } = shown;
    put(by);
    if (message === null || message.isAgain || until <= now() || (message.isAnswer && by !== null)) return;
    waiting = [{ ...message, isAgain: true }, ...waiting];
    void showNext();
  };

  return {
    tell(show) {
      waiting = [...waiting, { show, isAnswer: false, isAgain: false }].slice(-WAITING_MAX);
      void showNext();
    },
    answer: (show) => cover({ show, isAnswer: true, isAgain: false }),
    covered: () => cover(null),
  };
}
