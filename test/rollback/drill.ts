import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { importableStore } from '../../cli/simulator/credentials.ts';
import { type Simulator, startSimulator } from '../../cli/simulator/server.ts';
import type { AccountView } from '../../contract/account.ts';
import type { ProbeRunView } from '../../contract/probe.ts';
import type { SettingsView } from '../../contract/settings.ts';
import type { Status } from '../../contract/status.ts';
import type { RollbackDrill } from '../support/evidence.ts';
import { type InstalledOma, installedOma, succeeded } from '../support/installed-oma.ts';
import { opencodeRun, type OpenCodeSandbox, opencodeSandbox } from '../support/real-opencode.ts';
import { removeTree } from '../support/remove-tree.ts';
import { lost, type Stored, storedSchema } from './lost.ts';

/** Tarballs of the version that is being tried and of the one to go back to. */
export interface Versions {
  readonly candidate: string;
  readonly knownGood: string;
}

type Drilled = Pick<RollbackDrill, 'steps' | 'rollbackMs' | 'lost'> & {
  readonly candidate: RollbackDrill['candidate'];
  readonly knownGood: RollbackDrill['candidate'];
};

/** A home with an installed oma, and the steps taken in it. */
interface Site {
  readonly simulator: Simulator;
  readonly opencode: OpenCodeSandbox;
  readonly oma: InstalledOma;
  /** Does one step, timed. */
  step: (name: string, act: () => Promise<string>) => Promise<void>;
}

/**
 * Installs the known-good version, upgrades it to the candidate, works with it, and goes back, in a home of its own.
 * Errors: names the step that did not work.
 */
export async function drill({ candidate, knownGood }: Versions): Promise<Drilled> {
  const steps: RollbackDrill['steps'] = [];
  const { site, end } = await openSite(steps);
  try {
    const was = await liveWith(site, knownGood);
    const triedBuild = await upgrade(site, candidate);
    const before = await stored(site);
    const startedAt = performance.now();
    await rollBack(site, { tarball: knownGood, was });
    await verify(site);
    const rollbackMs = Math.round(performance.now() - startedAt);
    return {
      candidate: triedBuild,
      knownGood: was.build,
      steps,
      rollbackMs,
      lost: [...lost(before, await stored(site))],
    };
  } finally {
    await end();
  }
}

async function openSite(steps: RollbackDrill['steps']): Promise<{ site: Site; end: () => Promise<void> }> {
  const seats = ['ann', 'bob', 'eve'].map((alias) => ({
    alias,
    email: `${alias}@example.test`,
    accountId: `ws-${alias}`,
    userId: `user-${alias}`,
    windows: [{ slot: 'primary' as const, durationMinutes: 300, usedPercent: 20 }],
  }));
  const simulator = await startSimulator({ seats });
  const opencode = await opencodeSandbox({
    auth: null,
    env: {
      OPENCODE_MULTI_AUTH_BASE_URL: simulator.baseUrl,
      OPENCODE_MULTI_AUTH_ISSUER_URL: simulator.issuerUrl,
      OPENCODE_MULTI_AUTH_PORT: '0',
    },
  });
  const oma = installedOma(join(opencode.root, 'npm'), { env: opencode.env, cwd: opencode.project });
  await mkdir(join(opencode.root, 'home', '.codex'), { mode: 0o700 });
  const step: Site['step'] = async (name, act) => {
    const startedAt = performance.now();
    const saw = await act().catch((error: unknown) => {
      throw new Error(`The step "${name}" did not work.`, { cause: error });
    });
    steps.push({ name, ms: Math.round(performance.now() - startedAt), saw });
  };
  const end = async (): Promise<void> => {
    await oma.oma('down').catch(() => undefined);
    await simulator.close();
    await removeTree(opencode.root);
  };
  return { site: { simulator, opencode, oma, step }, end };
}

/** What there was before the upgrade: two accounts, settings of one's own, and a snapshot of these. */
async function liveWith({ oma, opencode, simulator, step }: Site, tarball: string) {
  await step('install the known-good version', () => install(oma, tarball));
  await step('accounts and settings', async () => {
    succeeded(await oma.oma('up', '--detach'), 'oma up');
    await importSeats({ oma, opencode, simulator }, ['ann', 'bob']);
    succeeded(await oma.oma('settings', 'preset', 'conservative'), 'oma settings preset');
    succeeded(await oma.oma('settings', 'set', 'accountWeights', 'ann=0.7,bob=0.3'), 'oma settings set');
    succeeded(await oma.oma('disable', 'bob', '--reason', 'drill'), 'oma disable');
    succeeded(await oma.oma('plugin', 'install'), 'oma plugin install');
    return 'two accounts, bob disabled, preset conservative, weights 0.7 and 0.3';
  });
  await step('snapshot', async () => {
    await writeFile(keyFile(opencode), 'a key for a drill\n', { mode: 0o600 });
    succeeded(await oma.oma('backup', snapshot(opencode), '--key-file', keyFile(opencode)), 'oma backup');
    return 'accounts and settings, encrypted';
  });
  const { settings } = await oma.json<SettingsView>('settings', 'get');
  return { settings, build: await buildOf(oma) };
}

/** The candidate comes, is worked with, and leaves traces: a new account, a disabled one, other settings, limits. */
async function upgrade({ oma, opencode, simulator, step }: Site, tarball: string) {
  await step('upgrade to the candidate', async () => {
    succeeded(await oma.oma('down'), 'oma down');
    await install(oma, tarball);
    succeeded(await oma.oma('up', '--detach'), 'oma up');
    return 'it runs';
  });
  await step('work with the candidate', async () => {
    await importSeats({ oma, opencode, simulator }, ['eve']);
    succeeded(await oma.oma('settings', 'preset', 'aggressive'), 'oma settings preset');
    succeeded(await oma.oma('settings', 'set', 'rotationStrategy', 'random'), 'oma settings set');
    succeeded(await oma.oma('probe', 'ann'), 'oma probe');
    return `eve added, preset aggressive, ann probed, ${await answered({ oma, opencode })}`;
  });
  return buildOf(oma);
}

async function rollBack(
  { oma, opencode, step }: Site,
  { tarball, was }: { readonly tarball: string; readonly was: Awaited<ReturnType<typeof liveWith>> },
): Promise<void> {
  await step('stop, install the known-good version, start', async () => {
    succeeded(await oma.oma('down'), 'oma down');
    await install(oma, tarball);
    succeeded(await oma.oma('up', '--detach'), 'oma up');
    const { buildId } = await buildOf(oma);
    if (buildId !== was.build.buildId) throw new Error(`the build ${buildId} runs`);
    return `build ${buildId}`;
  });
  await step('restore the snapshot', async () => {
    const key = ['--key-file', keyFile(opencode)];
    succeeded(await oma.oma('restore', snapshot(opencode), '--keep-newer', ...key), 'oma restore');
    const { settings } = await oma.json<SettingsView>('settings', 'get');
    if (JSON.stringify(settings) !== JSON.stringify(was.settings)) throw new Error('the settings differ');
    return `strategy ${settings.rotationStrategy}, thresholds ${settings.criticalThreshold}/${settings.lowThreshold}`;
  });
}

async function verify({ oma, opencode, step }: Site): Promise<void> {
  await step('list', async () => {
    const { accounts } = await oma.json<{ accounts: AccountView[] }>('list');
    const seen = accounts.map(({ alias, enabled }) => `${alias} ${enabled ? 'on' : 'off'}`).join(', ');
    if (seen !== 'ann on, bob off, eve on') throw new Error(seen);
    return seen;
  });
  await step('status', async () => {
    const { accounts } = await oma.json<Status>('status');
    if (accounts.eligible !== 2) throw new Error(JSON.stringify(accounts));
    return `${String(accounts.eligible)} of ${String(accounts.total)} can serve`;
  });
  await step('switch', async () => {
    succeeded(await oma.oma('switch', 'eve'), 'oma switch');
    const login = await readFile(join(opencode.root, 'home', '.codex', 'auth.json'), 'utf8');
    if (!login.includes('ws-eve')) throw new Error('codex has another login');
    return 'codex is logged in as eve';
  });
  await step('refresh', async () => {
    const { items } = await oma.json<ProbeRunView>('probe', 'ann');
    if (items[0]?.state !== 'success') throw new Error(JSON.stringify(items));
    return `ann probed by ${String(items[0].source)}`;
  });
  await step('OpenCode', () => answered({ oma, opencode }));
}

function keyFile({ root }: OpenCodeSandbox): string {
  return join(root, 'npm', 'key');
}

function snapshot({ root }: OpenCodeSandbox): string {
  return join(root, 'npm', 'before-upgrade.oma');
}

async function install(oma: InstalledOma, tarball: string): Promise<string> {
  succeeded(await oma.install(tarball), 'npm install');
  return succeeded(await oma.oma('--version'), 'oma --version').stdout.trim();
}

async function importSeats(
  { oma, opencode, simulator }: Pick<Site, 'oma' | 'opencode' | 'simulator'>,
  aliases: readonly string[],
): Promise<void> {
  const file = join(opencode.root, 'npm', 'logins.json');
  const logins = importableStore(aliases.map((alias) => simulator.control.credentials(alias)));
  await writeFile(file, JSON.stringify(logins), { mode: 0o600 });
  succeeded(await oma.oma('import', file), 'oma import');
}

async function answered({ oma, opencode }: Pick<Site, 'oma' | 'opencode'>): Promise<string> {
  const result = await opencodeRun({ ...opencode, env: oma.env }, 'hello');
  const [said] = /Simulated answer from \w+/.exec(succeeded(result, 'opencode run').stdout) ?? [];
  if (said === undefined) throw new Error(result.stdout + result.stderr);
  return said;
}

async function buildOf(oma: InstalledOma): Promise<RollbackDrill['candidate']> {
  const { version, buildId } = await oma.json<{ version: string; buildId: string }>('version');
  return { version, buildId };
}

async function stored({ opencode }: Site): Promise<Stored> {
  const file = join(opencode.root, 'config', 'opencode-multi-auth', 'accounts.json');
  return storedSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}
