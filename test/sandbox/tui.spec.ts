import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { bothWindows } from '../../cli/simulator/seat.ts';
import { type Simulator, startSimulator } from '../../cli/simulator/server.ts';
import type { AccountView } from '../../contract/account.ts';
import { type OmaSandbox, openOma } from '../support/oma-sandbox.ts';
import { PATIENCE } from '../support/patience.ts';
import { opencodeBinary, PLACEHOLDER_AUTH } from '../support/real-opencode.ts';
import { secretsOf } from '../support/secrets.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

const POOL = ['work', 'home', 'spare'];
/** Seats that are not in the pool yet, by the way they are added. */
const LATE = { 'device code': 'late', browser: 'later', 'opencode auth login': 'last', '/oma': 'fresh' } as const;
const SEATS = [...POOL, ...Object.values(LATE)].map((alias) => ({
  alias,
  email: `${alias}.person@example.test`,
  accountId: `ws-${alias}`,
  userId: `user-${alias}`,
  windows: bothWindows({ fiveHour: 20, weekly: 10 }),
}));

/** The first start of OpenCode sets its database up; on a busy machine that takes its time, in milliseconds. */
const START_MS = 150_000;
const BY_BROWSER = 'OMA: add a ChatGPT account (browser)';
const MENU_ENTRY = 'Accounts: add, force, enable, log in again, probe, why';

interface Bench {
  readonly simulator: Simulator;
  readonly oma: OmaSandbox;
  readonly terminal: Terminal;
  readonly account: (alias: string) => Promise<AccountView | undefined>;
  readonly close: () => Promise<void>;
}

/** OpenCode in a terminal, as `oma plugin install` leaves it. */
async function openBench(): Promise<Bench> {
  const simulator = await startSimulator({ seats: SEATS });
  const oma = await openOma({ simulator, plugin: false, import: POOL });
  expect(await oma.oma('plugin', 'install')).toMatchObject({ code: 0, stderr: '' });
  await oma.oma('settings', 'set', 'probeSources', 'usage-endpoint');
  const terminal = await openTerminal({
    command: [opencodeBinary(), '--model', 'openai/gpt-5.5'],
    env: oma.env,
    cwd: oma.opencode.project,
    ...{ columns: 140, rows: 40 },
  });
  return {
    simulator,
    oma,
    terminal,
    account: async (alias) => (await oma.accounts()).find((each) => each.alias === alias),
    close: async () => {
      await terminal.close();
      await oma.end();
      await simulator.close();
      await oma.opencode.remove();
    },
  };
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
  await terminal.shows(new RegExp(` {2}${entry.replaceAll(/[()]/g, '[$&]')}( {2}|$)`, 'm'));
  await terminal.press('Enter');
}

/** Disables an account in `/oma`, and says why. */
async function disable(terminal: Terminal, alias: string, reason: string): Promise<void> {
  await choose(terminal, alias, 'Disable');
  await terminal.shows('Why? May be left empty.');
  await terminal.type(reason);
  await terminal.shows(reason);
  await terminal.press('Enter');
}

/** Goes through `/connect` up to the name of the account. */
async function connect(terminal: Terminal, method: string, alias: string): Promise<void> {
  await command(terminal, '/connect', 'Connect provider');
  await pick(terminal, 'OpenAI');
  await terminal.shows('OMA: import the current OpenCode login');
  await pick(terminal, method);
  await terminal.shows('Name for this account in oma');
  await terminal.type(alias);
  await terminal.press('Enter');
}

/** Closes the dialog. Why the wait: Escape and a letter right behind it are another key. */
async function leave(terminal: Terminal, shown: string): Promise<void> {
  await terminal.press('Escape');
  await vi.waitFor(async () => expect(await terminal.screen()).not.toContain(shown), PATIENCE);
}

/** The address of a sign-in page, which a terminal shows on several lines. */
function addressIn(screen: string): string {
  const [, from = ''] = screen.split(/(?=http:\S+\/oauth\/authorize)/);
  return (
    from
      .split('\n')
      .map((line) => line.trim())
      .join('\n')
      .split('\n\n')[0]
      ?.replaceAll('\n', '') ?? ''
  );
}

/** Nothing that was ever on the screen holds a token. */
async function expectNoSecret({ oma, terminal }: Bench): Promise<void> {
  for (const secret of await secretsOf(oma)) expect(terminal.seen().includes(secret.slice(-24)), 'a token').toBe(false);
}

function codeIn(screen: string): string {
  return /[Cc]ode:? ([A-Z0-9-]+)/.exec(screen)?.[1] ?? '';
}

// One OpenCode for all cases: its start is what takes long. Each case leaves the pool as it found it, but for what the next needs.
describe('oma in the terminal of the real OpenCode', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
    await bench.terminal.shows('oma: 3 of 3 accounts ready', START_MS);
  }, START_MS);
  afterAll(() => bench.close());

  it('[H.T.16] [H.T.30] forces and ends it, disables and enables, probes, and refuses in words, from /oma and without one model request', async () => {
    const { simulator, oma, terminal, account } = bench;

    await choose(terminal, 'home', 'Force');
    await terminal.shows(/home is forced; it ends/);
    await terminal.shows('oma: home (forced)');
    expect((await oma.status()).force).toMatchObject({ active: true, forcedAlias: 'home', forcedBy: 'tui' });

    simulator.control.setUsedPercent('home', { durationMinutes: 300, usedPercent: 55 });
    await choose(terminal, 'home', 'Probe');
    await terminal.shows('The limits of home are new.');
    await terminal.shows(/oma: home \(forced\) · 5 h 45 % left/);

    await disable(terminal, 'spare', 'lent to a friend');
    await terminal.shows('spare is disabled.');
    expect(await account('spare')).toMatchObject({
      ...{ enabled: false, disabledBy: 'tui', disableReason: 'lent to a friend' },
    });
    await choose(terminal, 'spare', 'Details');
    await terminal.shows(/spare is switched off \(lent to a friend\)\.[^]*Switched off .* ago by tui\./);
    await leave(terminal, 'Switched off');
    expect((await oma.oma('disable', 'work')).code).toBe(0);
    await disable(terminal, 'home', 'to see');
    await terminal.shows(/last enabled account/);
    expect(await account('home')).toMatchObject({ enabled: true });

    await choose(terminal, 'spare', 'Enable');
    await terminal.shows('spare is enabled.');
    expect((await oma.oma('enable', 'work')).code).toBe(0);
    await choose(terminal, 'End the force of home');
    await terminal.shows('The force is over; accounts rotate by round-robin.');
    expect((await oma.status()).force).toMatchObject({ active: false });
    await terminal.shows('oma: 3 of 3 accounts ready');

    expect(simulator.control.requests({ endpoint: 'responses' })).toEqual([]);
    expect(await terminal.screen()).not.toContain('example.test');
    expect(terminal.seen()).toContain('homeisforced');
    await expectNoSecret(bench);
  });

  it('switches codex and logs in again: by the browser, by a code, and cancelled half-way', async () => {
    const { simulator, oma, terminal, account } = bench;

    await choose(terminal, 'spare', 'Switch codex to it');
    await terminal.shows('The codex program is logged in as spare now.');
    expect(await account('spare')).toMatchObject({ active: true });
    const codex = await readFile(join(oma.root, 'home', '.codex', 'auth.json'), 'utf8');
    expect(codex).toContain('"ws-spare"');

    await choose(terminal, 'home', 'Log in again with a code');
    const withCode = await terminal.shows(/type the code [A-Z0-9-]+/);
    await leave(terminal, 'type the code');
    expect(simulator.control.approveDevice(codeIn(withCode), 'home')).toBe(true);
    await terminal.shows('home is logged in again.');

    await choose(terminal, 'work', 'Log in again');
    const withAddress = await terminal.shows('Enter copies the address.');
    await terminal.press('Enter');
    await terminal.shows('The address was sent to the clipboard of your terminal.');
    expect(await terminal.clipboard()).toBe(addressIn(withAddress));
    expect((await fetch(`${addressIn(withAddress)}&sim_user=work`)).status).toBe(200);
    expect(await terminal.shows('work is logged in again.')).not.toContain('The address was sent');
    expect(await account('work')).toMatchObject({ reauth: 'success', auth: 'ok' });

    await choose(terminal, 'home', 'Log in again');
    await terminal.shows('/oauth/authorize?');
    await leave(terminal, '/oauth/authorize?');
    await choose(terminal, 'home', 'Show the login');
    await terminal.shows('/oauth/authorize?');
    await leave(terminal, '/oauth/authorize?');
    await choose(terminal, 'home', 'Cancel the login');
    await terminal.shows('The login of home is cancelled; nothing was changed.');
    expect(await account('home')).toMatchObject({ auth: 'ok', eligible: true });
  });

  it('adds an account from /oma with a code, and says there what is wrong with a name', async () => {
    const { simulator, terminal, account } = bench;
    const alias = LATE['/oma'];
    await choose(terminal, 'Add an account with a code');
    await terminal.shows('Name for this account in oma');
    await terminal.type('!');
    await terminal.press('Enter');
    await terminal.shows('Use at most 64 letters, digits');
    await terminal.press('BSpace');
    await terminal.type(alias);
    await terminal.press('Enter');
    const screen = await terminal.shows(/type the code [A-Z0-9-]+/);
    expect(simulator.control.approveDevice(codeIn(screen), alias)).toBe(true);
    expect(await terminal.shows(`${alias} is ready.`)).not.toContain('type the code');
    expect(await account(alias)).toMatchObject({ eligible: true });
    await expectNoSecret(bench);
  });

  it('says in words why /connect fails: a name that is none, one that is taken', async () => {
    const { terminal } = bench;
    await connect(terminal, BY_BROWSER, 'no name');
    await terminal.shows(/ oma +┃[^{]*Use at most 64 letters, digits/);
    await connect(terminal, BY_BROWSER, 'work');
    await terminal.shows(/ oma +┃[^{]*There is an account "work" already/);
  });

  it.each(['device code', 'browser'] as const)(
    'adds an account by /connect and a %s, and OpenCode keeps the placeholder only',
    async (way) => {
      const { simulator, oma, terminal, account } = bench;
      const alias = LATE[way];
      await connect(terminal, `OMA: add a ChatGPT account (${way})`, alias);
      const screen = await terminal.shows('Waiting for authorization');
      if (way === 'browser') {
        await terminal.press('c');
        await terminal.shows('Copied to clipboard');
        expect((await fetch(`${await terminal.clipboard()}&sim_user=${alias}`)).status).toBe(200);
      } else expect(simulator.control.approveDevice(codeIn(screen), alias)).toBe(true);
      await vi.waitFor(async () => expect(await account(alias)).toMatchObject({ eligible: true }), PATIENCE);
      await terminal.shows(`${alias} is ready.`);
      expect(JSON.parse(await readFile(join(oma.opencode.dataDir, 'auth.json'), 'utf8'))).toEqual(PLACEHOLDER_AUTH);
      await expectNoSecret(bench);
      await terminal.shows('Connect provider ctrl+a');
      await leave(terminal, 'Connect provider ctrl+a');
    },
  );

  it('adds an account by `opencode auth login` and a browser, and says there too what is wrong with a name', async () => {
    const { oma, account } = bench;
    const alias = LATE['opencode auth login'];
    const cli = await openTerminal({
      command: [opencodeBinary(), 'auth', 'login', '--provider', 'openai', '--method', BY_BROWSER],
      env: oma.env,
      cwd: oma.opencode.project,
      ...{ columns: 600, rows: 20 },
    });
    try {
      await cli.shows('Name for this account in oma');
      await cli.type('!');
      await cli.press('Enter');
      await cli.shows('Use at most 64 letters, digits');
      await cli.press('BSpace');
      await cli.type(alias);
      await cli.press('Enter');
      const [, address = ''] = /Go to: (\S+)/.exec(await cli.shows('Waiting for authorization')) ?? [];
      expect((await fetch(`${address}&sim_user=${alias}`)).status).toBe(200);
      await cli.shows('Login successful');
      expect(await account(alias)).toMatchObject({ eligible: true });
      expect(JSON.parse(await readFile(join(oma.opencode.dataDir, 'auth.json'), 'utf8'))).toEqual(PLACEHOLDER_AUTH);
    } finally {
      await cli.close();
    }
  });

  it('shows both of two toasts that come at once: the move to another account, and what the first one needs', async () => {
    const { simulator, oma, terminal, account } = bench;
    expect((await oma.oma('force', 'spare')).code).toBe(0);
    simulator.control.revokeLogins('spare');
    simulator.control.invalidateAccess('spare');
    await terminal.type('good morning');
    await terminal.press('Enter');
    // In whatever order: the one that comes second waits, or covers the first, which then comes again.
    for (const toast of [/spareneedsalogin\.[^]{0,300}?Type\/omatologinagain\./, /Movedfromspareto\w+:sparewasrefused/])
      await vi.waitFor(async () => {
        await terminal.screen();
        expect(terminal.seen()).toMatch(toast);
      }, PATIENCE);
    await terminal.shows(/^.* spare must be logged in again: \/oma/m);
    await terminal.shows(/Simulated answer from \w+: you said “good/);

    await choose(terminal, 'spare', 'Log in again with a code');
    const withCode = await terminal.shows(/type the code [A-Z0-9-]+/);
    expect(simulator.control.approveDevice(codeIn(withCode), 'spare')).toBe(true);
    await terminal.shows('spare is logged in again.');
    expect(await account('spare')).toMatchObject({ auth: 'ok', eligible: true });
  });

  it('shows who serves a session and what is left, and outlives the supervisor', async () => {
    const { simulator, oma, terminal } = bench;

    await terminal.type('hello');
    await terminal.press('Enter');
    const answer = /Simulated answer from (\w+): you said “hello”/;
    const served = answer.exec(await terminal.shows(answer))?.[1] ?? 'nobody';
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
    await vi.waitFor(
      async () => expect(await oma.status()).toMatchObject({ accounts: { total: SEATS.length } }),
      PATIENCE,
    );
  });
});
