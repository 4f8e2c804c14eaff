import type { EpochMs } from '../contract/scalars.ts';
import type { ToastQueue } from './toast-queue.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** What the plugin says to people and to the host's log; it never fails and never makes anybody wait. */
export interface Notices {
  readonly toast: (variant: 'info' | 'success' | 'warning' | 'error', message: string) => void;
  readonly log: (level: Level, message: string, extra?: Readonly<Record<string, unknown>>) => void;
}

/** The same toast is not shown again within this time, in milliseconds: a title and its answer move together. */
export const TOAST_AGAIN_MS = 10_000;

/** Keeps equal toasts from following each other. */
export function withoutRepeats(notices: Notices, now: () => EpochMs): Notices {
  let last = { message: '', at: 0 };
  return {
    log: notices.log,
    toast(variant, message) {
      const at = now();
      if (message === last.message && at - last.at < TOAST_AGAIN_MS) return;
      last = { message, at };
      notices.toast(variant, message);
    },
  };
}

/** Keeps toasts from covering each other. */
export function inTurn(notices: Notices, queue: ToastQueue): Notices {
  return { log: notices.log, toast: (...toast) => queue.tell(() => notices.toast(...toast)) };
}
