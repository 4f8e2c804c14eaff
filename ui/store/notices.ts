import { type ReadonlySignal, signal } from '@preact/signals';

import type { Tone } from '../words.ts';

const NOTICES_MAX = 4;
const NOTICE_MS = 6_000;

/** A short message that goes by itself. */
export interface Notice {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
}

export interface Notices {
  readonly list: ReadonlySignal<readonly Notice[]>;
  readonly tell: (tone: Tone, text: string) => void;
  readonly dismiss: (id: number) => void;
}

/** Creates the one channel for passing messages; failures that need an answer are shown at their control instead. */
export function createNotices(later: (ms: number, call: () => void) => void): Notices {
  const list = signal<readonly Notice[]>([]);
  const ids = { last: 0 };
  const dismiss = (id: number): void => {
    list.value = list.peek().filter((notice) => notice.id !== id);
  };
  return {
    list,
    dismiss,
    tell: (tone, text) => {
      ids.last += 1;
      const id = ids.last;
      list.value = [...list.peek(), { id, tone, text }].slice(-NOTICES_MAX);
      later(NOTICE_MS, () => dismiss(id));
    },
  };
}
