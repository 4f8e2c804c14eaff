import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { commandTable } from '../../../cli/commands/table.ts';
import { createContext } from '../../../cli/create-context.ts';
import { run } from '../../../cli/run.ts';
import { OmaError } from '../../../contract/errors.ts';
import type { Handlers } from '../../../contract/operation.ts';
import type { Operations } from '../../../contract/operations.ts';
import { PATIENCE } from '../../support/patience.ts';
import { removeTree } from '../../support/remove-tree.ts';
import { type StandIn, standInSupervisor } from '../../support/stand-in-supervisor.ts';
import { account, decision, FORCED, settingsView, status } from '../../unit/cli/samples.ts';

const FOREVER = new Promise<never>(() => undefined);

describe('the command line over a real socket', () => {
  let home = '';
  let standIn: StandIn | null = null;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'oma-cli-'));
  });
  afterEach(async () => {
    await standIn?.close();
    standIn = null;
    await removeTree(home);
  });

  const supervisor = async (handlers: Partial<Handlers<Operations>>): Promise<StandIn> => {
    standIn = await standInSupervisor({ accounts: [], baseUrl: 'http://127.0.0.1:9', handlers });
    return standIn;
  };

  const oma = (
    argv: string[],
    {
      socket = standIn?.socketPath,
      signal = new AbortController().signal,
    }: { socket?: string | undefined; signal?: AbortSignal } = {},
  ) => {
    let [out, err] = ['', ''];
    const context = createContext({
      stdin: new PassThrough(),
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      environment: { OPENCODE_MULTI_AUTH_SOCKET: socket ?? join(home, 'oma.sock'), OPENCODE_MULTI_AUTH_AUTOSTART: '0' },
      home,
      cwd: home,
      uid: process.getuid?.() ?? 0,
      pid: process.pid,
      platform: process.platform,
      programs: { node: process.execPath, cli: '', supervisor: '', simulator: '', plugin: '', tui: '' },
      build: { version: '0.1.0', buildId: 'test' },
      nodeVersion: process.versions.node,
      isAlive: () => false,
      signal,
    });
    return run(context, argv, commandTable()).then((exit) => ({ exit, out, err }));
  };

  it('says hello as the CLI and prints what the supervisor answers', async () => {
    const { hellos } = await supervisor({
      'status.get': () => status(),
      'account.list': () => ({ accounts: [account()] }),
    });
    const shown = await oma(['status', '--json']);
    expect({ ...shown, out: JSON.parse(shown.out) as unknown }).toEqual({ exit: 0, err: '', out: status() });
    expect((await oma(['list'])).out).toContain('ann@example.com');
    expect(hellos).toMatchObject([{ kind: 'cli', version: '0.1.0', host: null }, { kind: 'cli' }]);
  });

  it('leaves no connection behind', async () => {
    const { connections } = await supervisor({ 'force.get': () => FORCED });
    await oma(['force']);
    await expect.poll(connections, PATIENCE).toBe(0);
  });

  it.each([
    [
      ['disable', 'work', '--reason', 'rest'],
      'account.set-enabled',
      { alias: 'work', enabled: false, reason: 'rest' },
      account({ enabled: false }),
    ],
    [['force', 'work'], 'force.activate', { alias: 'work' }, FORCED],
    [['settings', 'set', 'lowThreshold', '20'], 'settings.update', { lowThreshold: 20 }, settingsView()],
    [['why', 'req-1'], 'decision.list', { limit: 20, requestId: 'req-1' }, { decisions: [decision()] }],
    [['remove', 'work', '-y'], 'account.remove', { alias: 'work' }, { alias: 'work' }],
  ] as const)('%j arrives as %s', async (argv, operation, params, result) => {
    const seen: unknown[] = [];
    await supervisor({
      [operation]: (given: unknown) => {
        seen.push(given);
        return result;
      },
    });
    expect(await oma([...argv])).toMatchObject({ exit: 0, err: '' });
    expect(seen).toEqual([params]);
  });

  it('prints a refusal as one line, with --json as the body every door sends', async () => {
    await supervisor({
      'account.switch': () => {
        throw new OmaError('ACCOUNT_DISABLED', '"work" is disabled.', { alias: 'work' });
      },
    });
    expect(await oma(['switch', 'work'])).toEqual({ exit: 3, out: '', err: 'oma: "work" is disabled.\n' });
    const { out } = await oma(['switch', 'work', '--json']);
    expect(JSON.parse(out)).toEqual({
      code: 'ACCOUNT_DISABLED',
      message: '"work" is disabled.',
      details: { alias: 'work' },
      requestId: 'r',
    });
  });

  it('shows an inner failure without its cause, but with the id to look it up by', async () => {
    await supervisor({
      'account.list': () => {
        throw new Error('boom with a token inside');
      },
    });
    const { exit, err } = await oma(['list']);
    expect(exit).toBe(70);
    expect(err).not.toContain('boom');
    expect(err).toMatch(/`oma logs` shows it under r\n$/);
  });

  it('says that none runs, and starts none when that is forbidden', async () => {
    expect(await oma(['list'])).toMatchObject({
      exit: 7,
      out: '',
      err: expect.stringMatching(/^oma: The supervisor is not running\. .*\n$/) as string,
    });
  });

  it('says that a supervisor is gone when it dies during the call', async () => {
    const dying = await supervisor({ 'status.get': () => dying.die().then(() => FOREVER) });
    const { exit, err } = await oma(['status']);
    expect(exit).toBe(75);
    expect(err).toMatch(/^oma: [^\n]+\n$/);
  });

  it('ends at once on Ctrl-C, silently, with the exit code of shells', async () => {
    const asked = Promise.withResolvers<undefined>();
    await supervisor({
      'status.get': () => {
        asked.resolve(undefined);
        return FOREVER;
      },
    });
    const ctrlC = new AbortController();
    const ended = oma(['status'], { signal: ctrlC.signal });
    await asked.promise;
    ctrlC.abort();
    expect(await ended).toEqual({ exit: 130, out: '', err: '' });
  });

  it('gives up on a supervisor that accepts and says nothing', async () => {
    const socket = join(home, 'mute.sock');
    const mute = createServer((connection) => connection.resume());
    await new Promise<void>((listening) => mute.listen(socket, listening));
    const { exit, err } = await oma(['status'], { socket });
    expect(exit).toBe(75);
    expect(err).toMatch(/^oma: [^\n]+\n$/);
    await new Promise((closed) => mute.close(closed));
  });

  it('refuses a socket path that is too long', async () => {
    expect(await oma(['status'], { socket: join(home, 'x'.repeat(120)) })).toMatchObject({ exit: 78 });
  });
});
