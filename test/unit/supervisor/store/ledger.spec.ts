import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { EMPTY_STATE, type State } from '../../../../supervisor/core/state.ts';
import {
  type Batch,
  type Change,
  createLedger,
  type Ledger,
  REPLAY_MAX,
  WAITING_MAX,
} from '../../../../supervisor/store/ledger.ts';
import { InvariantError } from '../../../../supervisor/store/store-errors.ts';
import { NOON } from '../../../support/state.ts';

const DISK_FULL = new Error('the disk is full');

function ledgerOf(check: (state: State) => readonly string[] = () => []): Ledger {
  return createLedger(EMPTY_STATE, { check, now: () => NOON });
}

/** A change that leaves its name in the state and answers how many names there are. */
function leaving(name: string): Change<number> {
  return (state, now) => [
    { ...state, bindings: new Map([...state.bindings, [name, { alias: 'a', usedAt: now }]]) },
    state.bindings.size + 1,
  ];
}

function namesIn(state: State): readonly string[] {
  return [...state.bindings.keys()];
}

/** What became of a promise so far. */
function watch(promise: Promise<unknown>): { outcome: unknown } {
  const seen: { outcome: unknown } = { outcome: 'pending' };
  promise.then(
    (value) => (seen.outcome = { resolved: value }),
    (error: unknown) => (seen.outcome = { rejected: error }),
  );
  return seen;
}

async function turn(): Promise<void> {
  for (let index = 0; index < 5; index += 1) await Promise.resolve();
}

describe('a change that may be lost', () => {
  it('is applied at once and not on disk', () => {
    const ledger = ledgerOf();
    expect(ledger.apply('test', leaving('one'))).toBe(1);
    expect([namesIn(ledger.read()), namesIn(ledger.durable()), ledger.isDirty(), ledger.isAwaited()]).toEqual([
      ['one'],
      [],
      true,
      false,
    ]);
  });

  it('that changes nothing leaves nothing to write', () => {
    const ledger = ledgerOf();
    expect(ledger.apply('test', (state) => [state, 'same'])).toBe('same');
    expect(ledger.isDirty()).toBe(false);
  });

  it('that throws changes nothing', () => {
    const ledger = ledgerOf();
    expect(() =>
      ledger.apply('test', () => {
        throw DISK_FULL;
      }),
    ).toThrow(DISK_FULL);
    expect([ledger.read(), ledger.isDirty()]).toEqual([EMPTY_STATE, false]);
  });

  it('survives a write that fails while nobody waits', () => {
    const ledger = ledgerOf();
    ledger.apply('test', leaving('one'));
    const batch = ledger.begin();
    ledger.apply('test', leaving('two'));
    expect(ledger.abort(batch, DISK_FULL)).toBe(0);
    expect([namesIn(ledger.read()), ledger.isDirty()]).toEqual([['one', 'two'], true]);
  });
});

describe('a change that somebody waits for', () => {
  it('is applied at once, and done when a write that contains it is on disk', async () => {
    const ledger = ledgerOf();
    const one = watch(ledger.applyDurably('test', leaving('one')));
    expect([namesIn(ledger.read()), ledger.isAwaited()]).toEqual([['one'], true]);
    const batch = ledger.begin();
    const two = watch(ledger.applyDurably('test', leaving('two')));
    ledger.commit(batch);
    await turn();
    expect([one.outcome, two.outcome]).toEqual([{ resolved: 1 }, 'pending']);
    expect(namesIn(ledger.durable())).toEqual(['one']);
    ledger.commit(ledger.begin());
    await turn();
    expect([two.outcome, ledger.isDirty(), ledger.isAwaited()]).toEqual([{ resolved: 2 }, false, false]);
  });

  it('is refused and undone when its write fails; what came later and may be lost is run again', async () => {
    const ledger = ledgerOf();
    ledger.apply('test', leaving('before'));
    const one = watch(ledger.applyDurably('test', leaving('one')));
    ledger.apply('test', leaving('between'));
    const two = watch(ledger.applyDurably('test', leaving('two')));
    const batch = ledger.begin();
    ledger.apply('test', leaving('after'));
    expect(ledger.abort(batch, DISK_FULL)).toBe(0);
    await turn();
    expect([one.outcome, two.outcome]).toEqual([{ rejected: DISK_FULL }, { rejected: DISK_FULL }]);
    expect(namesIn(ledger.read())).toEqual(['before', 'between', 'after']);
    expect([ledger.durable(), ledger.isAwaited()]).toEqual([EMPTY_STATE, false]);
  });

  it('waits for the next write, and has the result of its second run, when an earlier one is undone', async () => {
    const ledger = ledgerOf();
    const one = watch(ledger.applyDurably('test', leaving('one')));
    const batch = ledger.begin();
    const two = watch(ledger.applyDurably('test', leaving('two')));
    ledger.abort(batch, DISK_FULL);
    await turn();
    expect([one.outcome, two.outcome, namesIn(ledger.read())]).toEqual([{ rejected: DISK_FULL }, 'pending', ['two']]);
    ledger.commit(ledger.begin());
    await turn();
    expect(two.outcome).toEqual({ resolved: 1 });
  });

  it('is refused with its own reason when it cannot stand without the undone one', async () => {
    const ledger = ledgerOf();
    const needsOne: Change<undefined> = (state) => {
      if (!state.bindings.has('one')) throw new Error('one is gone');
      return [{ ...state, activeAlias: 'two' }, undefined];
    };
    watch(ledger.applyDurably('test', leaving('one')));
    const batch = ledger.begin();
    const two = watch(ledger.applyDurably('test', needsOne));
    ledger.apply('test', needsOne);
    expect(ledger.abort(batch, DISK_FULL)).toBe(1);
    await turn();
    expect(two.outcome).toEqual({ rejected: new Error('one is gone') });
    expect([ledger.read(), ledger.isAwaited()]).toEqual([EMPTY_STATE, false]);
  });

  it('runs again with the instant it was first run at', async () => {
    let now = NOON;
    const ledger = createLedger(EMPTY_STATE, { check: () => [], now: () => now });
    watch(ledger.applyDurably('test', leaving('one')));
    const batch = ledger.begin();
    ledger.apply('test', leaving('two'));
    now = NOON + 1_000;
    ledger.abort(batch, DISK_FULL);
    await turn();
    expect(ledger.read().bindings.get('two')).toEqual({ alias: 'a', usedAt: NOON });
  });

  it('that changes nothing is done at once when all is on disk, else with the next write', async () => {
    const ledger = ledgerOf();
    const same: Change<string> = (state) => [state, 'same'];
    expect(await ledger.applyDurably('test', same)).toBe('same');
    ledger.apply('test', leaving('one'));
    const waiting = watch(ledger.applyDurably('test', same));
    await turn();
    expect(waiting.outcome).toBe('pending');
    ledger.commit(ledger.begin());
    await turn();
    expect(waiting.outcome).toEqual({ resolved: 'same' });
  });

  it('that changed nothing meanwhile needs no second write', async () => {
    const ledger = ledgerOf();
    ledger.apply('test', leaving('one'));
    const batch = ledger.begin();
    const waiting = watch(ledger.applyDurably('test', (state) => [state, 'same']));
    ledger.commit(batch);
    await turn();
    expect([waiting.outcome, ledger.isAwaited()]).toEqual([{ resolved: 'same' }, false]);
  });

  it('is undone to the state before it, with what was applied while a write of nobody was on its way', async () => {
    const ledger = ledgerOf();
    ledger.apply('test', leaving('one'));
    const quiet = ledger.begin();
    ledger.apply('test', leaving('two'));
    const three = watch(ledger.applyDurably('test', leaving('three')));
    ledger.commit(quiet);
    ledger.abort(ledger.begin(), DISK_FULL);
    await turn();
    expect([three.outcome, namesIn(ledger.read()), namesIn(ledger.durable())]).toEqual([
      { rejected: DISK_FULL },
      ['one', 'two'],
      ['one'],
    ]);
  });
});

describe('the limits of the ledger', () => {
  it('refuses more changes than can sensibly wait, and applies none of them', async () => {
    const ledger = ledgerOf();
    const waiting = Array.from({ length: WAITING_MAX }, () =>
      ledger.applyDurably('test', (state) => [{ ...state }, 1]),
    );
    const before = ledger.read();
    await expect(ledger.applyDurably('test', leaving('one'))).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(ledger.read()).toBe(before);
    ledger.commit(ledger.begin());
    expect(await Promise.all(waiting)).toHaveLength(WAITING_MAX);
  });

  it('applies but does not keep what may be lost beyond its list, and says how much was lost', async () => {
    const ledger = ledgerOf();
    const one = watch(ledger.applyDurably('test', (state) => [{ ...state, activeAlias: 'one' }, 1]));
    const batch = ledger.begin();
    const counting: Change<undefined> = (state) => [
      { ...state, rotation: { ...state.rotation, cursor: state.rotation.cursor + 1 } },
      undefined,
    ];
    for (let index = 0; index < REPLAY_MAX + 9; index += 1) ledger.apply('test', counting);
    expect(ledger.read().rotation.cursor).toBe(REPLAY_MAX + 8);
    expect(ledger.abort(batch, DISK_FULL)).toBe(10);
    await turn();
    expect([ledger.read().rotation.cursor, ledger.read().activeAlias]).toEqual([REPLAY_MAX - 2, null]);
    expect(one.outcome).toEqual({ rejected: DISK_FULL });
  });
});

describe('a change that breaks an invariant', () => {
  const check = (state: State): readonly string[] => (state.bindings.has('bad') ? ['it is bad'] : []);

  it('is refused, the state is kept, and the reason is named', async () => {
    const ledger = ledgerOf(check);
    expect(() => ledger.apply('lease.acquire', leaving('bad'))).toThrow(InvariantError);
    await expect(ledger.applyDurably('account.add', leaving('bad'))).rejects.toThrow(
      '"account.add" would break the store, so it was refused and nothing was changed: it is bad',
    );
    expect([ledger.read(), ledger.isAwaited()]).toEqual([EMPTY_STATE, false]);
  });

  it('only when run again is dropped', async () => {
    const ledger = ledgerOf(check);
    const badWithoutOne: Change<undefined> = (state) => [
      state.bindings.has('one') ? { ...state, activeAlias: 'x' } : leaving('bad')(state, NOON)[0],
      undefined,
    ];
    watch(ledger.applyDurably('test', leaving('one')));
    const batch = ledger.begin();
    ledger.apply('test', badWithoutOne);
    expect(ledger.abort(batch, DISK_FULL)).toBe(1);
    await turn();
    expect(ledger.read()).toEqual(EMPTY_STATE);
  });
});

describe('any history', () => {
  const step = fc.constantFrom('soon', 'durable', 'nothing', 'begin', 'commit', 'abort');

  it('acknowledges only what is on disk, undoes only what it refused, and keeps everything in one line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const ledger = ledgerOf();
        const issued: { readonly name: string; readonly seen: { outcome: unknown } | null }[] = [];
        let batch: Batch | null = null;
        for (const [index, kind] of steps.entries()) {
          const name = String(index);
          if (kind === 'soon') issued.push({ name, seen: (ledger.apply('test', leaving(name)), null) });
          if (kind === 'durable') issued.push({ name, seen: watch(ledger.applyDurably('test', leaving(name))) });
          if (kind === 'nothing') watch(ledger.applyDurably('test', (state) => [state, 0]));
          if (kind === 'begin') batch ??= ledger.begin();
          if (batch !== null && kind === 'commit') {
            ledger.commit(batch);
            expect(ledger.durable()).toBe(batch.state);
            batch = null;
          }
          if (batch !== null && kind === 'abort') {
            expect(ledger.abort(batch, DISK_FULL)).toBe(0);
            batch = null;
          }
          await turn();
          const refused = issued
            .filter(({ seen }) => seen !== null && isRejected(seen.outcome))
            .map((change) => change.name);
          const acknowledged = issued
            .filter(({ seen }) => seen !== null && isResolved(seen.outcome))
            .map((change) => change.name);
          const waiting = issued.filter(({ seen }) => seen?.outcome === 'pending');
          expect(namesIn(ledger.read())).toEqual(
            issued.map((change) => change.name).filter((one) => !refused.includes(one)),
          );
          expect(namesIn(ledger.durable())).toEqual(expect.arrayContaining(acknowledged));
          expect(namesIn(ledger.durable()).filter((one) => refused.includes(one))).toEqual([]);
          expect(ledger.isAwaited() || waiting.length === 0).toBe(true);
          expect(ledger.isDirty()).toBe(ledger.read() !== ledger.durable());
        }
      }),
      { numRuns: 100 },
    );
  });
});

function isRejected(outcome: unknown): boolean {
  return typeof outcome === 'object' && outcome !== null && 'rejected' in outcome;
}

function isResolved(outcome: unknown): boolean {
  return typeof outcome === 'object' && outcome !== null && 'resolved' in outcome;
}
