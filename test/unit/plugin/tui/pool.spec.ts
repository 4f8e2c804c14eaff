import { afterEach, describe, expect, it, vi } from 'vitest';

import type { Line } from '../../../../plugin/link.ts';
import { createPool, type PoolView } from '../../../../plugin/tui/pool.ts';
import { type FakeLine, fakeLine, notRunning } from '../../../support/fake-line.ts';
import { PATIENCE } from '../../../support/patience.ts';
import { account, at, decision, status } from '../../cli/samples.ts';

const ends: AbortController[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end.abort();
});

/** A line whose accounts a test may change. */
function playedLine(): FakeLine & { accounts: ReturnType<typeof account>[] } {
  const played = { accounts: [account()] };
  return Object.assign(
    played,
    fakeLine({
      'session.subscribe': () => Promise.resolve({}),
      'decision.list': () => Promise.resolve({ decisions: [decision({ selectedAlias: 'home' }), decision()] }),
      'account.list': () => Promise.resolve({ accounts: played.accounts }),
      'status.get': () => Promise.resolve(status()),
    }),
  );
}

function setUp(connects: readonly (() => Line)[]) {
  const tries: boolean[] = [];
  const views: (PoolView | null)[] = [];
  const waits: { readonly ms: number; readonly over: () => void }[] = [];
  const pool = createPool({
    connect: (mayStart) => {
      tries.push(mayStart);
      return Promise.resolve().then(connects[Math.min(tries.length, connects.length) - 1]);
    },
    onChange: (view) => views.push(view),
    onNotice: () => undefined,
    random: () => 1,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve());
        waits.push({ ms, over: resolve });
      }),
  });
  const end = new AbortController();
  ends.push(end);
  return { pool, tries, views, waits, end, follow: () => void pool.follow(end.signal) };
}

const refuse = (): never => {
  throw notRunning();
};

describe('the accounts as a terminal sees them', () => {
  it('are looked for without ever starting the supervisor, ever less often', async () => {
    const { tries, waits, follow, views } = setUp([refuse, refuse, refuse, refuse, playedLine]);
    follow();
    for (let look = 1; look <= 4; look += 1) {
      await vi.waitFor(() => expect(waits).toHaveLength(look), PATIENCE);
      waits[look - 1]?.over();
    }
    await vi.waitFor(() => expect(views).toHaveLength(3), PATIENCE);
    expect(views.map((view) => view === null)).toEqual([true, false, false]);
    expect(tries).toEqual([false, false, false, false, false]);
    expect(waits.slice(0, 4).map(({ ms }) => ms)).toEqual([1_000, 2_000, 4_000, 5_000]);
  });

  it('start it when somebody asks, even while a look finds nobody', async () => {
    const { pool, tries, follow } = setUp([refuse, playedLine]);
    follow();
    await pool.use();
    expect(tries).toEqual([false, true]);
    expect(pool.view()?.accounts).toHaveLength(1);
  });

  it('share one line however many ask', async () => {
    const { pool, tries } = setUp([playedLine]);
    await Promise.all([pool.use(), pool.use(), pool.reload()]);
    expect(tries).toEqual([true]);
  });

  it('tell those who ask why there is no line', async () => {
    const { pool } = setUp([refuse]);
    await expect(pool.use()).rejects.toMatchObject({ code: 'SUPERVISOR_NOT_RUNNING' });
  });

  it('are read anew when the supervisor says so, and know who served which session', async () => {
    const line = playedLine();
    const { pool } = setUp([() => line]);
    await pool.use();
    expect(pool.view()?.served.get('ses_1')).toBe('home'); // the newer of the two past decisions
    line.accounts = [account(), account({ alias: 'home' })];
    line.tell({ type: 'changed', at: at(0), topics: ['accounts'] });
    line.tell({ type: 'decision', at: at(0), decision: decision({ sessionId: 'ses_2' }) });
    await vi.waitFor(() => {
      expect(pool.view()?.accounts).toHaveLength(2);
      expect(pool.view()?.served.get('ses_2')).toBe('work');
    }, PATIENCE);
  });

  it('are unknown when the line ends, and known again after the next', async () => {
    const lines = [playedLine(), playedLine()];
    const { pool, follow, views } = setUp(lines.map((line) => () => line));
    follow();
    await vi.waitFor(() => expect(pool.view()).not.toBeNull(), PATIENCE);
    lines[0]?.die();
    await vi.waitFor(() => expect(views).toContain(null), PATIENCE);
    await vi.waitFor(() => expect(pool.view()).not.toBeNull(), PATIENCE);
  });

  it('let the line go at the end', async () => {
    const line = playedLine();
    const { pool, follow, end } = setUp([() => line]);
    follow();
    await vi.waitFor(() => expect(pool.view()).not.toBeNull(), PATIENCE);
    end.abort();
    await vi.waitFor(() => expect(line.isDisposed()).toBe(true), PATIENCE);
  });

  it('do not keep a line that cannot subscribe', async () => {
    const dumb = fakeLine({});
    const { pool } = setUp([() => dumb, playedLine]);
    await expect(pool.use()).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(dumb.isDisposed()).toBe(true);
    await pool.use();
    expect(pool.view()?.accounts).toHaveLength(1);
  });
});
