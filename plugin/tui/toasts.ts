import type { Notice, NoticeTopic } from '../../contract/notice.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import { createToastQueue } from '../toast-queue.ts';
import type { Wait } from '../wait.ts';
import { timesInWords } from '../words.ts';
import type { Tone, TuiHost } from './host.ts';

/** One message to a person. */
export interface Said {
  readonly variant: Tone;
  readonly message: string;
}

/** What oma shows in the corner of the terminal. */
export interface Toasts {
  /** Answers what somebody just did, at once. */
  readonly say: (said: Said) => void;
  /** Tells what happened by itself, when there is room. */
  readonly tell: (notice: Notice) => void;
}

/** What stands above everything that oma shows. */
export const TITLE = 'oma';
const TOAST_MS = 6_000;

const TONES = {
  'window-low': 'warning',
  'needs-login': 'error',
  'pool-dry': 'error',
  'pool-recovered': 'success',
  'force-expired': 'info',
  test: 'info',
} as const satisfies Record<NoticeTopic, Tone>;

/**
 * Makes the toasts of one terminal.
 * Why the host's events: toasts of programs behind the screen, such as those of our server plugin, come as one of these
 * and cover ours.
 */
export function createToasts(
  host: TuiHost,
  deps: { readonly now: () => EpochMs; readonly wait: Wait; readonly attempt: (part: () => unknown) => void },
): Toasts {
  const queue = createToastQueue(deps);
  deps.attempt(() => host.event.on('tui.toast.show', queue.covered));
  const show = ({ variant, message }: Said): void =>
    host.ui.toast({ variant, title: TITLE, message, duration: TOAST_MS });
  return {
    say: (said) => queue.answer(() => show(said)),
    tell: (notice) => queue.tell(() => show(noticeSaid(notice, deps.now()))),
  };
}

/** Words a message of the supervisor for somebody who sits before OpenCode. Why two lines: a toast breaks lines behind a slash, too. */
export function noticeSaid({ kind, title, message }: Notice, now: EpochMs): Said {
  const more = kind === 'needs-login' ? 'Type /oma to log in again.' : timesInWords(message, now);
  return { variant: TONES[kind], message: `${title}.\n${more}` };
}
