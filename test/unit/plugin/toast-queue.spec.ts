import { describe, expect, it } from 'vitest';

import { createToastQueue, READ_MS, WAITING_MAX } from '../../../plugin/toast-queue.ts';
import { virtualTime } from '../../support/virtual-time.ts';

function setUp() {
  const { clock, later, advance } = virtualTime(1_000_000);
  const shown: string[] = [];
  const wait = (ms: number) => new Promise<void>((resolve) => void later(ms, resolve));
  const queue = createToastQueue({ now: () => clock.now, wait });
  const show = (text: string) => () => void shown.push(text);
  const { tell, answer, covered } = queue;
  return {
    shown,
    advance,
    covered,
    tell: (text: string) => tell(show(text)),
    answer: (text: string) => answer(show(text)),
  };
}

describe('a screen with room for one toast', () => {
  it('shows each of several that come at once, long enough to be read', async () => {
    const { shown, advance, tell } = setUp();
    for (const text of ['a', 'b', 'c']) tell(text);
    expect(shown).toEqual(['a']);
    await advance(READ_MS - 1);
    expect(shown).toEqual(['a']);
    await advance(1);
    expect(shown).toEqual(['a', 'b']);
    await advance(READ_MS);
    expect(shown).toEqual(['a', 'b', 'c']);
  });

  it('shows one that comes when nothing is up at once', async () => {
    const { shown, advance, tell } = setUp();
    tell('a');
    await advance(READ_MS);
    tell('b');
    expect(shown).toEqual(['a', 'b']);
  });

  it('answers a person at once, and brings back what that covered too early', async () => {
    const { shown, advance, tell, answer } = setUp();
    tell('news');
    answer('done');
    expect(shown).toEqual(['news', 'done']);
    await advance(READ_MS);
    expect(shown).toEqual(['news', 'done', 'news']);
  });

  it('does not bring back an answer that a later one replaced', async () => {
    const { shown, advance, answer } = setUp();
    answer('working');
    answer('done');
    await advance(10 * READ_MS);
    expect(shown).toEqual(['working', 'done']);
  });

  it('brings back what somebody else covered too early, once, before what waits, and after what covers it', async () => {
    const { shown, advance, tell, covered } = setUp();
    tell('a');
    tell('b');
    covered();
    await advance(READ_MS);
    expect(shown).toEqual(['a', 'a']);
    covered();
    await advance(READ_MS);
    expect(shown).toEqual(['a', 'a', 'b']);
    await advance(READ_MS);
    covered();
    await advance(READ_MS);
    expect(shown).toEqual(['a', 'a', 'b']);
  });

  it('keeps the newest of too many', async () => {
    const { shown, advance, tell } = setUp();
    for (let index = 0; index <= WAITING_MAX + 1; index += 1) tell(String(index));
    await advance((WAITING_MAX + 2) * READ_MS);
    expect(shown).toEqual(['0', '2', '3', '4', '5', '6']);
  });
});
