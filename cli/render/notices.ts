import type { NoticeFailure, NoticeTest } from '../../contract/notice.ts';
import { plain } from './plain.ts';
import type { ViewLook } from './status.ts';
import { table } from './table.ts';
import { age } from './time.ts';

const COLOURS = { delivered: 'green', failed: 'red', nobody: 'yellow', off: 'dim' } as const;

/** Writes what became of a test message, a line for each channel. */
export function noticeTestText(
  { channels }: { readonly channels: readonly NoticeTest[] },
  { paint }: ViewLook,
): string {
  return table(
    channels.map(({ channel, result, message }) => [channel, paint(COLOURS[result], result), plain(message)]),
  );
}

/** Writes why messages do not arrive at a channel. */
export function noticeFailureText({ channel, at, message }: NoticeFailure, { now, paint }: ViewLook): string {
  return paint('yellow', `${channel} failed ${age(at, now)}: ${plain(message)} \`oma notify test\` tries again.`);
}
