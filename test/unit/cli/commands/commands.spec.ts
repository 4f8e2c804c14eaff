import { describe, expect, it } from 'vitest';

import { commandTable } from '../../../../cli/commands/table.ts';
import { exitsOfErrors } from '../../../../cli/exits.ts';
import { run } from '../../../../cli/run.ts';
import { errorBodySchema, isErrorCode, OmaError } from '../../../../contract/errors.ts';
import type { OperationTable } from '../../../../contract/operation.ts';
import { OPERATIONS } from '../../../../contract/operations.ts';
import type { ProbeRunView } from '../../../../contract/probe.ts';
import { DEFAULT_SETTINGS, type ShownSettings } from '../../../../contract/settings.ts';
import { assertDocumented } from '../../../support/documented-exit.ts';
import { PATIENCE } from '../../../support/patience.ts';
import { account, at, decision, force, FORCED, settingsView, status } from '../samples.ts';
import { type FakeClient, type TestContext, testContext } from '../test-context.ts';

const COMMANDS = commandTable();
const NAMES = COMMANDS.map(({ name }) => name);

/** Runs a command line against a supervisor that answers as told, and records how it was called. */
async function oma(
  line: string[],
  client: Record<string, unknown> = {},
  given: Parameters<typeof testContext>[0] = {},
) {
  const calls: [string, unknown][] = [];
  const recording = Object.fromEntries(
    Object.entries(client).map(([name, answer]) => [
      name,
      (params: unknown) => {
        calls.push([name, params]);
        const said = typeof answer === 'function' ? (answer as (asked: unknown) => unknown)(params) : answer;
        return said instanceof Error ? Promise.reject(said) : Promise.resolve(said);
      },
    ]),
  ) as FakeClient;
  const context: TestContext = testContext({ client: recording, ...given });
  const exit = await run(context, line, COMMANDS);
  assertDocumented(line, exit);
  return {
    exit,
    calls,
    out: context.out(),
    err: context.err(),
    connections: context.connections,
    json: (): unknown => JSON.parse(context.out()),
  };
}

describe('every command', () => {
  it('offers every verb of the table of operations', () => {
    const table: OperationTable = OPERATIONS;
    const verbs = Object.values(table).flatMap(({ cli }) => (cli ?? []).map(({ verb }) => verb));
    expect(verbs.filter((verb) => !NAMES.includes(verb))).toEqual([]);
    expect(verbs.length).toBeGreaterThan(5);
  });

  it.each(NAMES)('`oma %s --help` shows usage, arguments, flags and exit codes', async (name) => {
    const { exit, out, err, connections } = await oma([...name.split(' '), '--help']);
    expect({ exit, err, connections }).toEqual({ exit: 0, err: '', connections: [] });
    expect(out).toMatch(new RegExp(`^oma ${name}: `));
    expect(out).toContain(`Usage: oma ${name}`);
    expect(out).toContain('--json');
    expect(out).toMatch(
      /Exit codes:\n {2}0 +done\n(?: {2}1 +\S.*\n)? {2}2 +USAGE[\s\S]*\n {2}70 +INTERNAL\n(?:.*\n)* {2}130 +Ctrl-C/,
    );
  });

  it.each(NAMES)('`oma %s --help --json` is one JSON value', async (name) => {
    const { exit, json } = await oma([...name.split(' '), '--help', '--json']);
    expect(exit).toBe(0);
    expect(json()).toMatchObject({ topic: name });
  });

  it.each(
    COMMANDS.filter(({ args }) => args?.[0] !== undefined && !args[0].name.startsWith('[')).map(({ name }) => name),
  )('`oma %s` without its argument is refused in one line', async (name) => {
    const { exit, out, err } = await oma(name.split(' '));
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toMatch(
      new RegExp(`^oma: \`oma ${name}\` needs [A-Z]+…? — \`oma help ${name}\` shows how to write it\n$`),
    );
  });

  it('refuses an unknown verb with the nearest one, and with --json as an error body', async () => {
    expect(await oma(['stauts'])).toMatchObject({
      exit: 2,
      out: '',
      err: 'oma: "stauts" is not a command — did you mean "status"?\n',
    });
    const { exit, err, json } = await oma(['stauts', '--json']);
    expect({ exit, err }).toEqual({ exit: 2, err: '' });
    expect(errorBodySchema.parse(json())).toMatchObject({
      code: 'USAGE',
      message: '"stauts" is not a command — did you mean "status"?',
    });
  });
});

describe('errors', () => {
  it('come out as one line with the exit code of the table', async () => {
    const { exit, err } = await oma(['enable', 'nobody'], {
      'account.set-enabled': new OmaError('ACCOUNT_NOT_FOUND', 'There is no account "nobody".\nList them.'),
    });
    expect({ exit, err }).toEqual({ exit: 3, err: 'oma: There is no account "nobody". List them.\n' });
  });
  it('that nobody foresaw show no stack', async () => {
    const { exit, err } = await oma(['list'], { 'account.list': new TypeError('x is undefined') });
    expect(exit).toBe(70);
    expect(err).toBe('oma: oma made a mistake: x is undefined — please report it; `oma logs` may say more\n');
  });
  it('carry their details with --json', async () => {
    const { json } = await oma(['force', 'work', '--json'], {
      'force.activate': new OmaError('ACCOUNT_INELIGIBLE', 'no', { alias: 'work' }),
    });
    expect(json()).toMatchObject({ code: 'ACCOUNT_INELIGIBLE', message: 'no', details: { alias: 'work' } });
  });
  it('[A.L2.1] `oma status` without a supervisor says so and starts none', async () => {
    const { exit, err, connections } = await oma(['status'], {}, { client: null });
    expect({ exit, connections }).toEqual({ exit: 7, connections: [{ start: false }] });
    expect(err).toBe('oma: The supervisor is not running. Start it with "oma up".\n');
  });
});

describe('commands made from the table', () => {
  it('[A.L2.1] `oma status` shows the page, and the result itself with --json', async () => {
    const client = { 'status.get': status() };
    expect(await oma(['status'], client)).toMatchObject({ exit: 0, err: '' });
    expect((await oma(['status', '--json'], client)).json()).toEqual(status());
  });
  it.each([
    [['enable', 'work'], 'account.set-enabled', { alias: 'work', enabled: true }],
    [['disable', 'work'], 'account.set-enabled', { alias: 'work', enabled: false }],
    [
      ['disable', 'work', '--reason', 'on holiday'],
      'account.set-enabled',
      { alias: 'work', enabled: false, reason: 'on holiday' },
    ],
    [['switch', 'work'], 'account.switch', { alias: 'work' }],
  ])('%j calls %s', async (line, operation, params) => {
    const { exit, calls, out, connections } = await oma(line, { [operation]: account() });
    expect({ exit, calls, connections }).toEqual({
      exit: 0,
      calls: [[operation, params]],
      connections: [{ start: true }],
    });
    expect(out).toContain('work');
  });
  it.each([
    [['enable', 'no such'], 'alias'],
    [['enable', '__proto__'], 'alias'],
    [['enable', 'ä'], 'alias'],
    [['enable', 'a/b'], 'alias'],
    [['enable', 'x'.repeat(10_000)], 'alias'],
    [['disable', 'work', '--reason', '   '], 'reason'],
  ])('%j is refused before anybody is asked', async (line, field) => {
    const { exit, calls, err } = await oma(line, { 'account.set-enabled': account() });
    expect({ exit, calls }).toEqual({ exit: 2, calls: [] });
    expect(err).toMatch(new RegExp(`^oma: ${field}: .* — correct it and try again\n$`));
  });
});

describe('oma list', () => {
  it('masks e-mails in text and in JSON', async () => {
    const client = { 'account.list': { accounts: [account()] } };
    const text = await oma(['list', '--mask'], client);
    expect(text.out).toContain('a…@e…');
    expect(text.out).not.toContain('ann@example.com');
    expect((await oma(['list', '--mask', '--json'], client)).out).not.toContain('ann@example.com');
    expect((await oma(['list', '--json'], client)).json()).toEqual({ accounts: [account()] });
  });
});

describe('oma remove', () => {
  const client = { 'account.remove': { alias: 'work' } };
  it('needs --yes where nobody can answer', async () => {
    const { exit, calls, err } = await oma(['remove', 'work'], client);
    expect({ exit, calls }).toEqual({ exit: 2, calls: [] });
    expect(err).toContain('add --yes');
  });
  it('removes with --yes', async () => {
    expect(await oma(['remove', 'work', '--yes'], client)).toMatchObject({
      exit: 0,
      calls: [['account.remove', { alias: 'work' }]],
    });
  });
  it.each([
    ['y', 1, 'work is removed'],
    ['n', 0, 'Nothing was removed.'],
    ['', 0, 'Nothing was removed.'],
  ])('asks on a terminal; "%s" calls %i times', async (answer, count, text) => {
    const calls: unknown[] = [];
    const context = testContext({
      isTTY: true,
      client: {
        'account.remove': (params) => {
          calls.push(params);
          return Promise.resolve({ alias: 'work' });
        },
      },
    });
    context.input.end(`${answer}\n`);
    expect(await run(context, ['remove', 'work'], COMMANDS)).toBe(0);
    expect(calls).toHaveLength(count);
    expect(context.out()).toContain(text);
    expect(context.err()).toContain('Remove work and its credentials?');
  });
});

describe('Ctrl-C at a question', () => {
  it('ends the command without an answer', async () => {
    const context = testContext({ isTTY: true });
    const ended = run(context, ['remove', 'work'], COMMANDS);
    await expect.poll(context.err, PATIENCE).toContain('[y/N]');
    context.interrupt();
    expect(await ended).toBe(130);
    expect(context.out()).toBe('');
  });
});

describe('oma force', () => {
  it('pins, clears and shows', async () => {
    const client = { 'force.activate': FORCED, 'force.clear': force(), 'force.get': FORCED };
    expect(await oma(['force', 'work'], client)).toMatchObject({
      calls: [['force.activate', { alias: 'work' }]],
      out: 'Forced: work, ends in 2 h 5 min, set by cli; then least-used\n',
    });
    expect(await oma(['force', '--clear'], client)).toMatchObject({
      calls: [['force.clear', {}]],
      out: 'Forced: none\n',
    });
    expect((await oma(['force', '--json'], client)).json()).toEqual(FORCED);
  });
  it('refuses to clear an alias', async () =>
    expect(await oma(['force', 'work', '--clear'])).toMatchObject({ exit: 2, calls: [] }));
});

describe('oma import', () => {
  const result = {
    dryRun: false,
    imported: [{ alias: 'work', email: 'ann@example.com', planType: null }],
    updated: [],
    skipped: [],
    warnings: [],
  };
  it.each(['IMPORT_NOT_FOUND', 'IMPORT_INVALID'] as const)(
    'that finds nothing ends with the exit code of %s',
    async (code) => {
      const exit = { IMPORT_NOT_FOUND: 66, IMPORT_INVALID: 65 }[code];
      expect(await oma(['import'], { 'account.import': new OmaError(code, 'bad') })).toMatchObject({
        exit,
        err: 'oma: bad\n',
      });
    },
  );
  it.each([
    [['import', '--dry-run'], { source: 'everywhere', dryRun: true }],
    [['import', 'codex', '--alias', 'mine', '--dry-run'], { source: 'codex', alias: 'mine', dryRun: true }],
    [['import', 'oc-codex-multi-auth', '--dry-run'], { source: 'oc-codex-multi-auth', dryRun: true }],
    [['import', 'old/accounts.json'], { source: 'file', path: '/home/ann/project/old/accounts.json', dryRun: false }],
    [['import', './codex'], { source: 'file', path: '/home/ann/project/codex', dryRun: false }],
    [
      ['import', '/tmp/x', '--passphrase-env', 'PASS'],
      { source: 'file', path: '/tmp/x', passphrase: 'open sesame', dryRun: false },
    ],
  ])('%j asks for %j', async (line, params) => {
    const { calls } = await oma(line, { 'account.import': result }, { environment: { PASS: 'open sesame' } });
    expect(calls).toEqual([['account.import', params]]);
  });
  it('never prints the passphrase', async () => {
    const { out, err } = await oma(
      ['import', '/tmp/x', '--passphrase-env', 'PASS'],
      { 'account.import': result },
      { environment: { PASS: 'open sesame' } },
    );
    expect(out + err).not.toContain('sesame');
  });
  it('refuses an alias for every place at once, and a variable that is not set', async () => {
    expect(await oma(['import', '--alias', 'mine'])).toMatchObject({ exit: 2, calls: [] });
    expect(await oma(['import', '/tmp/x', '--passphrase-env', 'NOPE'])).toMatchObject({ exit: 2, calls: [] });
  });
});

describe('oma probe', () => {
  const runOf = (state: 'success' | 'error' | 'running'): ProbeRunView => ({
    probeId: 'probe-1',
    startedAt: at(0),
    finishedAt: state === 'running' ? null : at(0),
    items: [{ alias: 'work', state, source: 'codex-exec', message: '', attempts: [] }],
  });
  it('[A.L2.4] waits for the run and tells by its exit code whether every account answered', async () => {
    const client = { 'probe.start': runOf('running'), 'probe.get': runOf('success') };
    const done = await oma(['probe', 'work', 'work'], client);
    expect(done).toMatchObject({ exit: 0, err: '' });
    expect(done.calls).toEqual([
      ['probe.start', { aliases: ['work'] }],
      ['probe.get', { probeId: 'probe-1' }],
    ]);
    expect(await oma(['probe'], { ...client, 'probe.get': runOf('error') })).toMatchObject({ exit: 1 });
  });
  it('shows how far it is on a terminal only', async () => {
    const client = { 'probe.start': runOf('running'), 'probe.get': runOf('success') };
    expect((await oma(['probe'], client, { isTTY: true })).err).toContain('Probing 0/1: work');
    expect((await oma(['probe'], client)).err).toBe('');
  });
});

describe('oma why', () => {
  it('explains the latest decision, one request with all its attempts, or the next one', async () => {
    const client = {
      'decision.list': { decisions: [decision()] },
      'decision.explain': decision({ requestId: 'next' }),
    };
    expect(await oma(['why'], client)).toMatchObject({ calls: [['decision.list', { limit: 1 }]] });
    expect(await oma(['why', 'req-1'], client)).toMatchObject({
      calls: [['decision.list', { limit: 20, requestId: 'req-1' }]],
    });
    const next = await oma(['why', '--next', '--model', 'gpt-5.5', '--json'], client);
    expect(next.calls).toEqual([['decision.explain', { model: 'gpt-5.5' }]]);
    expect(next.json()).toEqual({ decisions: [decision({ requestId: 'next' })] });
  });
  it('says when it knows of none', async () => {
    const client = { 'decision.list': { decisions: [] } };
    expect(await oma(['why'], client)).toMatchObject({ exit: 0 });
    expect(await oma(['why', 'req-9'], client)).toMatchObject({
      exit: 2,
      err: 'oma: No decision about req-9 is remembered — `oma why` explains the latest one\n',
    });
  });
  it.each([[['why', 'req-1', '--next']], [['why', '--model', 'x']], [['why', 'not an id']]])(
    'refuses %j',
    async (line) => expect(await oma(line)).toMatchObject({ exit: 2, calls: [] }),
  );
});

describe('oma settings', () => {
  const client = {
    'settings.get': settingsView(),
    'settings.update': settingsView(),
    'settings.reset': settingsView(),
    'settings.preset': settingsView(),
  };
  it.each([
    [['rotation-strategy', 'least-used'], { rotationStrategy: 'least-used' }],
    [['sessionAffinity', 'off'], { sessionAffinity: false }],
    [['lowthreshold', '25.5'], { lowThreshold: 25.5 }],
    [['accountWeights', 'work=0.7', 'a@b.c=0.3'], { accountWeights: { work: 0.7, 'a@b.c': 0.3 } }],
    [['accountWeights', 'none'], { accountWeights: {} }],
    [['probeSources', 'usage-endpoint,codex-exec'], { probeSources: ['usage-endpoint', 'codex-exec'] }],
    [['probeBackgroundSources', 'none'], { probeBackgroundSources: [] }],
    [['probeIntervalMinutes', '5'], { probeIntervalMinutes: 5 }],
  ])('set %j sends %j', async (words, change) => {
    expect(await oma(['settings', 'set', ...words], client)).toMatchObject({
      exit: 0,
      calls: [['settings.update', change]],
    });
  });
  it.each([
    [['lowThreshold', 'NaN']],
    [['lowThreshold', '']],
    [['lowThreshold', '200']],
    [['lowThreshold', '1', '2']],
    [['sessionAffinity', 'perhaps']],
    [['rotationStrategy', 'fastest']],
    [['accountWeights', 'work']],
    [['accountWeights', 'work=2']],
    [['accountWeights', '__proto__=1']],
    [['probeSources', 'none']],
    [['__proto__', '1']],
    [['lowTreshold', '20']],
  ])('set %j is refused before anybody is asked', async (words) => {
    const { exit, calls, err } = await oma(['settings', 'set', ...words], client);
    expect({ exit, calls }).toEqual({ exit: 2, calls: [] });
    expect(err).toMatch(/^oma: .* — .*\n$/);
  });
  it('get shows one setting or all with origin and lock', async () => {
    expect((await oma(['settings', 'get', 'rotationStrategy'], client)).out).toMatch(
      /rotationStrategy +round-robin +environment, locked/,
    );
    expect((await oma(['settings', 'get', '--json'], client)).json()).toEqual(settingsView());
    expect(await oma(['settings', 'get', 'rotationStratgy'], client)).toMatchObject({
      exit: 2,
      err: 'oma: There is no setting "rotationStratgy" — did you mean rotationStrategy?\n',
    });
  });
  it('get leaves out what is not shown, unless it is asked for by name', async () => {
    const settings: ShownSettings = { ...DEFAULT_SETTINGS };
    delete settings.antigravityEnabled;
    delete settings.antigravityReserved;
    const off = { 'settings.get': settingsView({ settings }) };
    expect((await oma(['settings', 'get'], off)).out).not.toMatch(/antigravity/i);
    expect((await oma(['settings', 'get', 'antigravityReserved'], off)).out).toMatch(
      /antigravityReserved +not shown while its adapter is off/,
    );
  });
  it('reset asks first; preset knows its names', async () => {
    expect(await oma(['settings', 'reset'], client)).toMatchObject({ exit: 2, calls: [] });
    expect(await oma(['settings', 'reset', '-y'], client)).toMatchObject({ exit: 0, calls: [['settings.reset', {}]] });
    expect(await oma(['settings', 'preset', 'balanced'], client)).toMatchObject({
      exit: 0,
      calls: [['settings.preset', { preset: 'balanced' }]],
    });
    expect(await oma(['settings', 'preset', 'brave'], client)).toMatchObject({ exit: 2, calls: [] });
  });
});

describe('oma open', () => {
  it('prints the launch address where no browser can be opened', async () => {
    const client = { 'dashboard.launch': { url: 'http://127.0.0.1:3434/launch?token=t' } };
    expect(await oma(['open'], client)).toMatchObject({ exit: 0, out: 'http://127.0.0.1:3434/launch?token=t\n' });
    expect((await oma(['open', '--json'], client)).json()).toEqual({
      url: 'http://127.0.0.1:3434/launch?token=t',
      opened: false,
    });
    expect(await oma(['open'], { 'dashboard.launch': { url: null } })).toMatchObject({ exit: 78 });
  });

  it('says over SSH how the browser reaches the dashboard, and prints the bare address all the same', async () => {
    const url = 'http://127.0.0.1:3456/launch?token=t';
    const overSsh = { environment: { SSH_CONNECTION: '1' } };
    expect(await oma(['open', '--print'], { 'dashboard.launch': { url } }, overSsh)).toMatchObject({
      out: `${url}\n`,
      err: 'You are connected over SSH. Where your browser is, run: ssh -L 3456:localhost:3456 -L 1455:localhost:1455 HOST\n',
    });
    expect((await oma(['up', '--detach'], { 'dashboard.launch': { url } }, overSsh)).out).toContain(
      `Dashboard: ${url}\nYou are connected over SSH. Where your browser is, run: ssh -L 3456:localhost:3456 -L 1455`,
    );
  });
});

describe('oma help', () => {
  it('lists every command', async () => {
    const { out } = await oma([]);
    expect(NAMES.filter((name) => !out.includes(`\n  ${name} `))).toEqual([]);
  });
  it('documents every exit code and every variable', async () => {
    const { out } = await oma(['help', 'exit-codes']);
    expect(out).toMatch(/\n7 +SUPERVISOR_NOT_RUNNING/);
    const shown = [...new Set(out.match(/[A-Z]+_?[A-Z_]+/g)?.filter(isErrorCode))];
    const possible = exitsOfErrors(COMMANDS).flatMap(({ because }) => because);
    expect(shown.sort()).toEqual(possible.toSorted());
    expect(possible.length).toBeGreaterThan(40);
    expect(out).toContain('ends every command with 69');
    expect((await oma(['help', 'environment'])).out).toContain('OPENCODE_MULTI_AUTH_STORE_DIR');
  });
  it('explains groups and refuses unknown topics', async () => {
    expect((await oma(['help', 'settings'])).out).toContain('oma settings set NAME VALUE…');
    expect(await oma(['help', 'lisst'])).toMatchObject({
      exit: 2,
      err: 'oma: There is no help about "lisst" — did you mean "list"?\n',
    });
  });
  it('version says version, build and Node', async () => {
    expect(await oma(['--version'])).toMatchObject({ exit: 0, out: 'oma 0.1.0 (build abc, Node 24.0.0)\n' });
  });
});
