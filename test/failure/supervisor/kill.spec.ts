import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { plainSeat } from '../../../cli/simulator/seat.ts';
import { type Simulator, startSimulator } from '../../../cli/simulator/server.ts';
import { checkStoreFile } from '../../../supervisor/store/check.ts';
import { FAULT_POINTS, type FaultPoint } from '../../../supervisor/store/fault-points.ts';
import { DURABLE_OPERATIONS, type DurableOperation, look, SEATS } from '../../support/durable-operations.ts';
import { type HurtOma, hurtOma } from '../../support/hurt-oma.ts';
import { killLoad } from '../../support/kill-load.ts';

/** `npm run test:kill` tries every moment of every operation; `npm test` one moment of each write, all moments among them. */
const RANDOM_KILLS = Number(process.env['OMA_KILLS'] ?? '8');
const SEED = Number(process.env['OMA_SEED'] ?? Date.now() % 1_000_000);
/** A round takes most of a second on an idle machine. */
const ROUND_MS_MAX = 30_000;
const TRIES_ALL = process.env['OMA_KILLS'] !== undefined;

let simulator: Simulator;
let oma: HurtOma;

beforeAll(async () => {
  simulator = await startSimulator({
    seats: [...SEATS, 'd'].map((alias, index) => ({ ...plainSeat(index + 1), alias })),
  });
  oma = await hurtOma(simulator);
  await oma.start();
  await oma.client['account.import']({ source: 'file', path: await oma.importFile(...SEATS), dryRun: false });
});
afterAll(async () => {
  await oma.end();
  await simulator.close();
});

const MIGRATION_KILLS = TRIES_ALL
  ? FAULT_POINTS.flatMap((point) => [1, 2].map((write) => ({ point, write })))
  : [{ point: 'store:after-rename', write: 1 }];

/** From these moments on the new version is in its place, and a process that dies cannot take it back. */
const IN_PLACE: readonly FaultPoint[] = ['store:after-rename', 'store:after-fsync-directory'];

interface Kill {
  readonly operation: DurableOperation;
  /** Which of the operation's writes is hit. */
  readonly write: number;
  readonly point: FaultPoint;
}

const WRITES = DURABLE_OPERATIONS.flatMap((operation) =>
  operation.effects.map((_, index) => ({ operation, write: index + 1 })),
);
const KILLS: readonly Kill[] = WRITES.flatMap((write, index) =>
  FAULT_POINTS.filter((_, at) => TRIES_ALL || at === index % FAULT_POINTS.length).map((point) => ({ ...write, point })),
);

describe('[B.L2.6] a supervisor killed in the middle of a durable operation', () => {
  it.each(KILLS.map((kill) => ({ ...kill, name: kill.operation.name })))(
    '$name, write $write, at $point: what was acknowledged is there, and no half of anything',
    async ({ operation, write, point }) => {
      await operation.prepare?.(oma);
      // One more change: when it is on disk, no earlier write is under way that could be hit instead.
      await oma.client['settings.update']({ sessionAffinity: true });
      const tokens = await oma.tokens();
      const before = await look(oma, tokens);
      await oma.order({ dieAt: { point, hit: write } });
      const acknowledged = await operation.run(oma).then(
        () => true,
        () => false,
      );
      expect(await oma.died()).toBe('SIGKILL');
      expect(await checkStoreFile(oma.storeFile, null)).toMatchObject({ ok: true, problems: [] });

      await oma.start();
      const after = await look(oma, tokens);
      const writesInPlace = IN_PLACE.includes(point) ? write : write - 1;
      const effect = operation.effects[writesInPlace - 1];
      expect({ acknowledged, after }).toEqual({
        acknowledged: write > operation.acknowledgedAfter,
        after: effect === undefined ? before : effect(before),
      });
      expect((await oma.client['status.get']({})).store.recovered).toBeNull();
      expect(oma.stderr()).toBe('');
    },
  );
});

describe('[B.L2.6] [B.L2.3] a supervisor killed while it takes over the store of the former plugin', () => {
  it.each(MIGRATION_KILLS)('at $point of write $write takes all of it over the next time', async ({ point, write }) => {
    const migrating = await hurtOma(simulator);
    onTestFinished(() => migrating.end());
    const former = await readFile(await migrating.importFile(...SEATS), 'utf8');
    await writeFile(migrating.storeFile, former, { mode: 0o600 });
    const isReady = await migrating.start({ FAULT_POINT: point, FAULT_HIT: String(write) });
    if (isReady) await migrating.kill();
    await migrating.start();
    const { accounts } = await migrating.client['account.list']({});
    expect(accounts.map(({ alias, enabled, auth }) => ({ alias, enabled, auth }))).toEqual(
      SEATS.map((alias) => ({ alias, enabled: true, auth: 'ok' })),
    );
    const kept = (await readdir(dirname(migrating.storeFile))).filter((name) => name.includes('upstream'));
    expect(await Promise.all(kept.map((name) => readFile(join(dirname(migrating.storeFile), name), 'utf8')))).toContain(
      former,
    );
  });
});

describe('[B.L2.6] a supervisor killed at any moment under load', () => {
  it(
    `loses nothing that it acknowledged and shows no half, ${String(RANDOM_KILLS)} times (seed ${String(SEED)})`,
    async () => {
      const load = await killLoad(oma);
      const moments = fc.sample(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 20 })), {
        numRuns: RANDOM_KILLS,
        seed: SEED,
      });
      let acknowledged = 0;
      for (const [round, [acknowledgements, delayMs]] of moments.entries()) {
        const life = await load.live(acknowledgements, () =>
          setTimeout(() => process.kill(oma.pid, 'SIGKILL'), delayMs),
        );
        expect([await oma.died(), life.surprises], `round ${String(round)}`).toEqual(['SIGKILL', []]);
        expect(await checkStoreFile(oma.storeFile, null)).toMatchObject({ ok: true, problems: [] });
        await oma.start();
        expect(await load.judge(), `round ${String(round)}`).toEqual([]);
        acknowledged += life.acknowledged;
      }
      expect((await oma.client['status.get']({})).store.recovered).toBeNull();
      expect([acknowledged >= RANDOM_KILLS, oma.stderr()]).toEqual([true, '']);
      await mkdir('reports', { recursive: true });
      await writeFile('reports/kills.json', JSON.stringify({ seed: SEED, kills: RANDOM_KILLS, acknowledged, lost: 0 }));
    },
    ROUND_MS_MAX * RANDOM_KILLS,
  );
});
