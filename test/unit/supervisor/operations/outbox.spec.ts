import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import type { Notice } from '../../../../contract/notice.ts';
import { createOutbox, type Sent } from '../../../../supervisor/operations/outbox.ts';
import { NOON } from '../../../support/state.ts';
import { virtualTime } from '../../../support/virtual-time.ts';

const OK: Sent = { sent: true };
const no = (retryAfterMs: number | null): Sent => ({ sent: false, message: 'no', retryAfterMs });

/** An outbox whose receiver answers as told, then takes everything; `log` has when which message was tried and settled. */
function useOutbox(answers: readonly (Sent | null)[]) {
  const time = virtualTime(NOON);
  const left = [...answers];
  const log: string[] = [];
  const note = (what: string, { title }: Notice): void => {
    log.push(`${String((time.clock.now - NOON) / 1_000)} ${what} ${title}`);
  };
  const post = createOutbox({
    later: time.later,
    send: (notice) => {
      note('try', notice);
      const answer = left.shift();
      return Promise.resolve(answer === undefined ? OK : answer);
    },
    settled: (notice, sent) => note(sent.sent ? 'sent' : `gave up (${sent.message})`, notice),
  });
  return {
    log,
    advance: async (ms: number) => {
      // What was begun gets ahead before the clock moves.
      await turn();
      await time.advance(ms);
    },
    post: (title: string) => post({ kind: 'pool-dry', at: new Date(NOON).toISOString(), title, message: '' }),
  };
}

describe('messages of one channel', () => {
  it('are tried again a few times, later each time, and then given up', async () => {
    const { log, post, advance } = useOutbox([no(0), no(0), no(0), no(0)]);
    post('a');
    await advance(10 * 60_000);
    expect(log).toEqual(['0 try a', '2 try a', '17 try a', '77 try a', '77 gave up (no) a']);
  });

  it('wait as long as the receiver asks for, unless that is too long', async () => {
    const { log, post, advance } = useOutbox([no(30_000), no(1_000), OK, no(301_000)]);
    post('a');
    await advance(60_000);
    post('b');
    await advance(10 * 60_000);
    expect(log).toEqual(['0 try a', '30 try a', '45 try a', '45 sent a', '60 try b', '60 gave up (no) b']);
  });

  it('are not tried again when that is of no use', async () => {
    const { log, post, advance } = useOutbox([no(null)]);
    post('a');
    await advance(10 * 60_000);
    expect(log).toEqual(['0 try a', '0 gave up (no) a']);
  });

  it('keep their order, however long the first one takes', async () => {
    const { log, post, advance } = useOutbox([no(0)]);
    post('dry');
    post('back');
    await advance(60_000);
    expect(log).toEqual(['0 try dry', '2 try dry', '2 sent dry', '2 try back', '2 sent back']);
  });

  it('are dropped without a word when the channel is switched off meanwhile', async () => {
    const { log, post, advance } = useOutbox([no(0), null]);
    post('a');
    await advance(60_000);
    expect(log).toEqual(['0 try a', '2 try a']);
  });

  it('give way to newer ones when too many wait', async () => {
    const { log, post, advance } = useOutbox([]);
    for (let count = 0; count <= 51; count += 1) post(String(count));
    await advance(1_000);
    expect(log.filter((line) => line.includes('gave up'))).toEqual([
      '0 gave up (Too many messages wait for this channel; the oldest was given up.) 1',
    ]);
    expect(log.filter((line) => line.includes('sent')).length).toBe(51);
  });
});
