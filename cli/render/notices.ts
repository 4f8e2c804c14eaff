import type { NoticeTest } from '../../contract/notice.ts';
import { plain } from './plain.ts';
import type { ViewLook } from './status.ts';
import { table } from './table.ts';

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
