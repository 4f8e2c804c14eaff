import type { Status } from '../../contract/status.ts';
import { type Finding, finding } from './finding.ts';

/** Judges whether messages to a person arrive; pure. */
export function judgeNotices({ noticeFailures }: Status): readonly Finding[] {
  return noticeFailures.map(({ channel, at, message }) =>
    finding('warning', {
      id: 'notice',
      what: `Messages do not arrive (${channel}): the last one failed at ${at}.`,
      advice: `${message} \`oma notify test\` tries again.`,
    }),
  );
}
