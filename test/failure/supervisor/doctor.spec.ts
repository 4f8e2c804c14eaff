import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { examine } from '../../../cli/doctor/examine.ts';
import type { FindingId } from '../../../cli/doctor/finding.ts';
import { plainSeat } from '../../../cli/simulator/seat.ts';
import { type Simulator, startSimulator } from '../../../cli/simulator/server.ts';
import { homeContext } from '../../integration/cli/home-context.ts';
import { refresh, SEATS } from '../../support/durable-operations.ts';
import { type HurtOma, hurtOma } from '../../support/hurt-oma.ts';
import { DIST } from '../../support/oma.ts';
import { PATIENCE } from '../../support/patience.ts';
import { requestsArrived } from '../../support/simulator.ts';

let simulator: Simulator;
let oma: HurtOma;

beforeAll(async () => {
  simulator = await startSimulator({ seats: SEATS.map((alias, index) => ({ ...plainSeat(index + 1), alias })) });
  oma = await hurtOma(simulator);
  await oma.start();
  await oma.client['account.import']({ source: 'file', path: await oma.importFile(...SEATS), dryRun: false });
});
afterAll(async () => {
  await oma.end();
  await simulator.close();
});

/** What oma doctor finds, asked as a command in the home of the hurt supervisor would. */
async function find(...ids: readonly FindingId[]): Promise<readonly (readonly [string, string, string | null])[]> {
  const { home, socketPath } = oma;
  const programs = { node: process.execPath, supervisor: join(DIST, 'supervisor.js'), cli: '', simulator: '' };
  const environment = {
    HOME: home,
    PATH: '',
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    XDG_DATA_HOME: join(home, 'data'),
    OPENCODE_MULTI_AUTH_SOCKET: socketPath,
  };
  const { findings } = await examine(
    homeContext({ home, environment, programs: { ...programs, plugin: '', tui: '' } }),
  );
  return findings
    .filter(({ id }) => ids.includes(id))
    .map(({ level, id, what, advice }) => [`${level} ${id}`, what, advice]);
}

const HURT = ['store-write', 'open-refresh', 'needs-login', 'child', 'other-build'] as const;

describe('what oma doctor tells of a supervisor that was hurt', () => {
  it('is nothing but its other build while it is well', async () => {
    expect(await find(...HURT)).toEqual([
      ['warning other-build', expect.any(String), '`oma down`, then `oma up --detach`.'],
    ]);
  });

  it('is a store that cannot be written, for as long as the disk is full', async () => {
    await oma.order({ spoil: { calls: '^write accounts.json.oma-tmp', errno: 'ENOSPC' } });
    await expect(oma.client['force.activate']({ alias: 'b' })).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(await find('store-write')).toEqual([
      ['problem store-write', expect.stringContaining('ENOSPC'), expect.stringContaining('Free some space')],
    ]);
    await oma.order({ spoil: null });
    await oma.client['force.activate']({ alias: 'b' });
    expect(await find('store-write')).toEqual([]);
    await oma.client['force.clear']({});
  });

  it('is a login that the provider no longer takes', async () => {
    simulator.control.pushFault({ kind: 'refresh-invalidated', endpoint: 'token', alias: 'b' });
    await expect(refresh(oma, 'b')).rejects.toBeDefined();
    expect(await find('needs-login')).toEqual([
      ['warning needs-login', expect.stringContaining('"b" must be logged in again'), '`oma reauth b`'],
    ]);
  });

  it('is a refresh under way when it was killed, and helpers that do not start after it', async () => {
    const before = simulator.control.requests({ endpoint: 'token' }).length;
    simulator.control.pushFault({ kind: 'stall-before-headers', endpoint: 'token', times: null });
    refresh(oma, 'c').catch(() => undefined);
    await requestsArrived(simulator, { endpoint: 'token' }, before + 1);
    await oma.kill();
    await oma.start({ DIST: await withoutWorker(oma.home) });
    await vi.waitFor(async () => {
      expect(await find('open-refresh', 'child')).toEqual([
        [
          'warning child',
          expect.stringMatching(/^The worker is \w+ \(\d+ restarts, last end: .+\)\.$/),
          expect.any(String),
        ],
        [
          'warning open-refresh',
          expect.stringMatching(/^A refresh of "c" was sent at .* and its answer never came/),
          expect.stringContaining('`oma reauth c`'),
        ],
      ]);
    }, PATIENCE);
  });

  it('is a pool from which nobody can serve', async () => {
    await oma.kill();
    simulator.control.clearFaults();
    await oma.start();
    expect(await find('pool-dry')).toEqual([]);
    simulator.control.pushFault({ kind: 'refresh-invalidated', endpoint: 'token', times: null });
    for (const alias of ['a', 'c']) await expect(refresh(oma, alias)).rejects.toBeDefined();
    expect(await find('pool-dry')).toEqual([
      ['warning pool-dry', expect.stringMatching(/^No account can serve now/), expect.stringContaining('`oma list`')],
    ]);
  });
});

/** The programs of the build, but for a worker that ends at once. */
async function withoutWorker(home: string): Promise<string> {
  const build = join(home, 'build');
  await mkdir(build);
  for (const name of ['supervisor.js', 'probe-runner.js', 'chunks', 'ui'])
    await symlink(join(DIST, name), join(build, name));
  await writeFile(join(build, 'worker.js'), 'process.exit(3);\n');
  return build;
}
