import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { bothWindows } from '../../cli/simulator/seat.ts';
import { type OmaSandbox, useOma } from '../support/oma.ts';
import { opencodeBinary } from '../support/real-opencode.ts';
import { secretsOf } from '../support/secrets.ts';
import { type Simulator, useSimulator } from '../support/simulator.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

const SEATS = ['work', 'home', 'spare'].map((alias) => ({
  alias,
  email: `${alias}.person@example.test`,
  accountId: `ws-${alias}`,
  userId: `user-${alias}`,
  windows: bothWindows({ fiveHour: 20, weekly: 10 }),
}));

/** The first start of OpenCode sets its database up; on a busy machine that takes its time, in milliseconds. */
const START_MS = 150_000;
const MENU_ENTRY = 'Accounts: force, enable, log in again, probe, why';

/** OpenCode in a terminal, as `oma plugin install` leaves it. */
async function openCode(): Promise<{ simulator: Simulator; oma: OmaSandbox; terminal: Terminal }> {
  const simulator = await useSimulator({ seats: SEATS });
  const oma = await useOma({ simulator, plugin: false });
  expect(await oma.oma('plugin', 'install')).toMatchObject({ code: 0, stderr: '' });
  const terminal = await openTerminal({
    command: [opencodeBinary(), '--model', 'openai/gpt-5.5'],
    env: oma.env,
    cwd: oma.opencode.project,
    ...{ columns: 140, rows: 40 },
  });
  onTestFinished(() => terminal.close());
  await terminal.shows('oma: 3 of 3 accounts ready', START_MS);
  return { simulator, oma, terminal };
}

/** Types a command of OpenCode and takes it from the list that comes up. */
async function command(terminal: Terminal, typed: string, entry: string): Promise<void> {
  await terminal.type(typed);
  await terminal.shows(entry);
  await terminal.press('Enter');
}

/** Opens `/oma` and chooses one entry after the other, by typing it. */
async function choose(terminal: Terminal, ...entries: readonly string[]): Promise<void> {
  await command(terminal, '/oma', MENU_ENTRY);
  await terminal.shows('Probe all accounts');
  for (const entry of entries) await pick(terminal, entry);
}

/** Chooses in the list that is open. Why: what was typed is on the screen before Enter counts for what it found. */
async function pick(terminal: Terminal, entry: string): Promise<void> {
  await terminal.shows(/ {2}Search( {2}|$)/m);
  await terminal.type(entry);
  await terminal.shows(new RegExp(` {2}${entry}( {2}|$)`, 'm'));
  await terminal.press('Enter');
}

/** Closes the dialog. Why the wait: Escape and a letter right behind it are another key. */
async function leave(terminal: Terminal, shown: string): Promise<void> {
  await terminal.press('Escape');
  await vi.waitFor(async () => expect(await terminal.screen()).not.toContain(shown), 20_000);
}

describe('oma in the terminal of the real OpenCode', () => {
  it('[H.T.16] [H.T.30] forces, disables, probes, logs in again and explains from /oma, without one model request', async () => {
    const { simulator, oma, terminal } = await openCode();
    const account = async (alias: string) => (await oma.accounts()).find((each) => each.alias === alias);

    await choose(terminal, 'home', 'Force');
    await terminal.shows(/home is forced; it ends/);
    await terminal.shows(/oma: home \(forced\) · 5 h 80 % left/);
    expect((await oma.status()).force).toMatchObject({ active: true, forcedAlias: 'home', forcedBy: 'tui' });

    await choose(terminal, 'spare', 'Disable');
    await terminal.shows('spare is disabled.');
    expect(await account('spare')).toMatchObject({ enabled: false });

    await oma.oma('settings', 'set', 'probeSources', 'usage-endpoint');
    simulator.control.setUsedPercent('home', { durationMinutes: 300, usedPercent: 55 });
    await choose(terminal, 'home', 'Probe');
    await terminal.shows('The limits of home are new.');
    await terminal.shows(/oma: home \(forced\) · 5 h 45 % left/);

    await choose(terminal, 'home', 'Log in again with a code');
    const screen = await terminal.shows(/type the code [A-Z0-9-]+/);
    await leave(terminal, 'type the code');
    const code = /type the code ([A-Z0-9-]+)/.exec(screen)?.[1] ?? '';
    expect(simulator.control.approveDevice(code, 'home')).toBe(true);
    await terminal.shows('home is logged in again.');

    expect((await oma.oma('disable', 'work')).code).toBe(0);
    await choose(terminal, 'home', 'Disable');
    await terminal.shows(/last enabled account/);
    expect(await account('home')).toMatchObject({ enabled: true });

    expect(simulator.control.requests({ endpoint: 'responses' })).toEqual([]);
    expect(await terminal.screen()).not.toContain('example.test');
    expect(terminal.seen()).toContain('homeisforced');
    for (const secret of await secretsOf(oma))
      expect(terminal.seen().includes(secret.slice(-24)), 'a token').toBe(false);
  });

  it('shows who serves a session and what is left, offers the logins, and outlives the supervisor', async () => {
    const { simulator, oma, terminal } = await openCode();

    await command(terminal, '/connect', 'Connect provider');
    await pick(terminal, 'OpenAI');
    const methods = await terminal.shows('OMA: import the current OpenCode login');
    expect(methods).toContain('OMA: add a ChatGPT account (browser)');
    expect(methods).toContain('OMA: add a ChatGPT account (device code)');
    await leave(terminal, 'Select auth method');

    await terminal.type('hello');
    await terminal.press('Enter');
    const answered = await terminal.shows(/Simulated answer from (\w+): you said/);
    const served = /Simulated answer from (\w+): you said/.exec(answered)?.[1] ?? 'nobody';
    // How much is left depends on whether a probe came after the answer; both places say the same.
    const session = await terminal.shows(new RegExp(`oma: ${served} · 5 h [78]\\d % left`));
    const left = /oma: \w+ · (5 h \d+ % left)/.exec(session)?.[1] ?? 'nothing';
    expect(session).toMatch(
      new RegExp(`^.* oma *\n.* ${served} *\n.* ${left}, resets in .*\n.* week \\d+ % left, resets in`, 'm'),
    );

    const asked = simulator.control.requests({ endpoint: 'responses' }).length;
    await choose(terminal, 'Why this account');
    await terminal.shows(new RegExp(`${served}, because`));
    await leave(terminal, `${served}, because`);
    expect(simulator.control.requests({ endpoint: 'responses' })).toHaveLength(asked);

    await oma.oma('down');
    await terminal.shows('oma: not running');
    await command(terminal, '/oma', MENU_ENTRY);
    await terminal.shows('Probe all accounts');
    await vi.waitFor(async () => expect(await oma.status()).toMatchObject({ accounts: { total: 3 } }), 20_000);
  });
});
