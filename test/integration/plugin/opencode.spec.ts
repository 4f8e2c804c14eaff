import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { plainSeat } from '../../../cli/simulator/seat.ts';
import { type Simulator, startSimulator } from '../../../cli/simulator/server.ts';
import type { LoginView } from '../../../contract/login.ts';
import { type WatchedOpenCode, watchedOpenCode } from '../../support/opencode-server.ts';
import { PATIENCE } from '../../support/patience.ts';
import { type Bundle, bundle } from '../../support/plugin-bundle.ts';
import {
  opencodeRun,
  type OpenCodeSandbox,
  opencodeSandbox,
  type OpenCodeSandboxOptions,
  PLACEHOLDER_AUTH,
} from '../../support/real-opencode.ts';
import { type StandIn, type StandInOptions, standInSupervisor } from '../../support/stand-in-supervisor.ts';

const ALL = ['seat-1', 'seat-2', 'seat-3'];
/** A run takes two or three seconds on an idle machine, and a quarter of a minute on a busy one. */
const RUN_MS = 120_000;
const HOUR_S = 3_600;

let plugin: Bundle;
let simulator: Simulator;
let supervisor: StandIn;

const part = (aliases: readonly string[] = ALL, fields: Partial<StandInOptions> = {}): StandInOptions => ({
  accounts: aliases.map((alias) => ({ ...simulator.control.credentials(alias), alias })),
  baseUrl: simulator.baseUrl,
  refresh: (alias) => simulator.control.credentials(alias).accessToken,
  ...fields,
});

beforeAll(async () => {
  [plugin, simulator] = await Promise.all([
    bundle('plugin/index.ts'),
    startSimulator({ seats: ALL.map((_, index) => plainSeat(index + 1)) }),
  ]);
  supervisor = await standInSupervisor(part());
});
beforeEach(() => {
  simulator.control.reset();
  supervisor.reset(part());
});
afterAll(async () => {
  await supervisor.close();
  await Promise.all([simulator.close(), plugin.remove()]);
});

const sandboxed = (options: OpenCodeSandboxOptions = {}): Promise<OpenCodeSandbox> =>
  opencodeSandbox({
    plugins: [`file://${plugin.file}`],
    ...options,
    env: { OPENCODE_MULTI_AUTH_SOCKET: supervisor.socketPath, OPENCODE_MULTI_AUTH_AUTOSTART: '0', ...options.env },
  });

const requests = () => simulator.control.requests({ endpoint: 'responses' });
const seats = () => requests().map(({ alias }) => alias);
const reported = (...told: readonly string[]) => vi.waitFor(() => expect(supervisor.told()).toEqual(told), PATIENCE);

describe('opencode run with the plugin', { timeout: RUN_MS }, () => {
  async function sandbox(options: OpenCodeSandboxOptions = {}): Promise<OpenCodeSandbox> {
    const box = await sandboxed(options);
    onTestFinished(() => box.remove());
    return box;
  }
  const authOf = async (box: OpenCodeSandbox): Promise<unknown> =>
    JSON.parse(await readFile(join(box.dataDir, 'auth.json'), 'utf8'));

  it('prints the streamed answer and nothing of its own, and OpenCode never holds a token', async () => {
    const box = await sandbox();
    const { code, stdout, stderr } = await opencodeRun(box, 'how are you?');
    expect({ code, stdout, stderr }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Simulated answer from seat-\d: you said “.*how are you\?.*”/),
    });
    expect(`${stdout}${stderr}`).not.toMatch(/oma|lease|supervisor/i);
    expect(await authOf(box)).toEqual(PLACEHOLDER_AUTH);
    expect(supervisor.hellos).toMatchObject([{ kind: 'plugin', host: 'opencode 1.18.33' }]);
    const answer = requests().find(({ promptCacheKey }) => promptCacheKey !== null);
    expect(supervisor.asked.find(({ sessionId }) => sessionId === answer?.promptCacheKey)).toMatchObject({
      model: 'gpt-5.5',
      rootSessionId: null,
      attempt: 1,
    });
    expect(answer?.headers).toMatchObject({
      originator: 'opencode',
      'user-agent': expect.stringContaining('opencode/1.18.33'),
    });
    await vi.waitFor(
      () => expect(supervisor.told().filter((told) => told.endsWith(':success'))).toHaveLength(2),
      PATIENCE,
    );
  });

  it('puts the placeholder in by itself when OpenCode has no login', async () => {
    const box = await sandbox({ auth: null });
    const { code, stdout, stderr } = await opencodeRun(box, 'who is there?');
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringContaining('Simulated answer') });
    expect(await authOf(box)).toEqual(PLACEHOLDER_AUTH);
  });

  it("leaves a person's API key alone, and their requests too", async () => {
    const seen: string[] = [];
    const api = createServer((request, response) => {
      seen.push(request.headers.authorization ?? '');
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end('{"error":{"message":"no credit left","type":"billing"}}');
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void api.close());
    const auth = { openai: { type: 'api', key: 'sk-of-a-person' } };
    const box = await sandbox({
      auth,
      config: {
        provider: { openai: { options: { baseURL: `http://127.0.0.1:${(api.address() as AddressInfo).port}/v1` } } },
      },
    });
    const { code, stdout, stderr } = await opencodeRun(box, 'hello');
    expect([code, `${stdout}${stderr}`.includes('no credit left')]).toEqual([1, true]);
    expect(new Set(seen)).toEqual(new Set(['Bearer sk-of-a-person']));
    expect(await authOf(box)).toEqual(auth);
    expect(supervisor.asked).toEqual([]);
  });

  it('says at once who is back when, if nobody can serve, and OpenCode does not try again', async () => {
    const until = new Date(Date.now() + HOUR_S * 1_000).toISOString();
    const { accounts } = part();
    supervisor.reset(
      part(ALL, {
        accounts: accounts.map((account, index) => ({
          ...account,
          until,
          alias: index === 1 ? 'team500-429' : account.alias,
        })),
      }),
    );
    const { code, stdout, stderr } = await opencodeRun(await sandbox(), 'hello');
    const said = stripVTControlCharacters(`${stdout}${stderr}`).replaceAll('\u2060', '');
    expect(code).toBe(1);
    expect(said).toMatch(
      /Error: No account can serve this now: seat-1 is at its limit, back at .*\(in 1 h 0 min\); team500-429 is at its limit/,
    );
    expect(requests()).toEqual([]);
    // The title and the answer ask once each.
    expect(supervisor.asked).toHaveLength(2);
  });

  it('says how to start a supervisor that is not there', async () => {
    const box = await sandbox({ env: { OPENCODE_MULTI_AUTH_SOCKET: '/tmp/oma-nobody/oma.sock' } });
    const { code, stdout, stderr } = await opencodeRun(box, 'hello');
    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).toContain('oma supervisor is not running: run `oma up`.');
  });

  it('says what is wrong with the environment instead of failing to load', async () => {
    const box = await sandbox({ env: { OPENCODE_MULTI_AUTH_PORT: 'many' } });
    const { code, stdout, stderr } = await opencodeRun(box, 'hello');
    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).toContain('OPENCODE_MULTI_AUTH_PORT');
  });
});

describe('opencode serve with the plugin', { timeout: RUN_MS }, () => {
  let box: OpenCodeSandbox;
  let server: WatchedOpenCode;

  beforeAll(async () => {
    box = await sandboxed();
    server = await watchedOpenCode(box);
    await server.ask('warm up');
  }, RUN_MS);
  afterAll(async () => {
    await server.close();
    await box.remove();
  });

  const prompt = (text?: string) => server.ask(text);
  const answerOf = (alias: string, text = 'hello') => ({
    text: `Simulated answer from ${alias}: you said “${text}”.`,
    error: null,
  });

  it('gives each session to the account that the supervisor names', async () => {
    expect([await prompt(), await prompt(), await prompt()]).toEqual(ALL.map((alias) => answerOf(alias)));
    await reported('seat-1:success', 'seat-2:success', 'seat-3:success');
    expect(new Set(supervisor.asked.map(({ sessionId }) => sessionId)).size).toBe(3);
  });

  it('leaves an account at its limit before any output, and says so in a toast', async () => {
    simulator.control.pushFault({ kind: 'usage-limit', alias: 'seat-1', resetsInSeconds: HOUR_S });
    expect(await prompt()).toEqual(answerOf('seat-2'));
    expect(seats()).toEqual(['seat-1', 'seat-2']);
    await reported('seat-1:rate-limited', 'seat-2:success');
    await vi.waitFor(
      () => expect(server.toasts()).toContain('Moved from seat-1 to seat-2: seat-1 is at its limit.'),
      PATIENCE,
    );
  });

  it.each([
    ['workspace-deactivated', 'workspace-deactivated'],
    ['forbidden', 'forbidden'],
    ['cloudflare', 'challenged'],
    ['model-unsupported', 'model-unsupported'],
    ['model-not-found', 'model-unsupported'],
    ['response-failed-rate-limit', 'rate-limited'],
    ['html-200', 'challenged'],
  ] as const)('answers all the same when the first account meets %s', async (fault, kind) => {
    simulator.control.pushFault({ kind: fault, alias: 'seat-1' });
    expect(await prompt()).toEqual(answerOf('seat-2'));
    await reported(`seat-1:${kind}`, 'seat-2:success');
  });

  it('refreshes a refused token once and answers as the same account', async () => {
    simulator.control.expireAccess('seat-1');
    expect(await prompt()).toEqual(answerOf('seat-1'));
    expect(seats()).toEqual(['seat-1', 'seat-1']);
    expect(supervisor.refreshes).toEqual(['seat-1']);
    await reported('seat-1:success');
  });

  it.each([
    'server-error',
    'overloaded',
    'unavailable',
    'reset-before-headers',
    'cut-before-first-byte',
    'gzip',
    'slow',
  ] as const)('answers as the same account in spite of %s', async (fault) => {
    simulator.control.pushFault({ kind: fault, delayMs: fault === 'slow' ? 500 : undefined });
    expect(await prompt()).toEqual(answerOf('seat-1'));
    await reported('seat-1:success');
  });

  it('is not made to wait for an hour by a provider that asks for it', async () => {
    simulator.control.pushFault({ kind: 'unavailable', times: 4, retryAfterSeconds: HOUR_S });
    const startedAt = performance.now();
    expect((await prompt()).error).toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(RUN_MS / 2);
    expect(seats().slice(0, 4)).toEqual(['seat-1', 'seat-1', 'seat-2', 'seat-3']);
  });

  it.each([
    ['bad-request', "Invalid type for 'input[0].content': expected a string."],
    ['effort-unsupported', 'Unsupported value'],
  ] as const)('shows what the provider says about %s, after one sending', async (fault, words) => {
    simulator.control.pushFault({ kind: fault });
    expect((await prompt()).error).toContain(words);
    expect(seats()).toEqual(['seat-1']);
    await reported('seat-1:bad-request');
  });

  it('shows who was tried in vain, without trying again', async () => {
    simulator.control.pushFault({ kind: 'usage-limit', times: null, resetsInSeconds: HOUR_S });
    expect((await prompt()).error).toMatch(
      /^oma tried 3 accounts in vain: seat-1 is at its limit, back at .*; seat-2 .*; seat-3 /,
    );
    expect(seats()).toEqual(ALL);
  });

  it('gets the whole answer when a connection is cut in mid-stream: OpenCode asks again, nobody is blamed', async () => {
    // A cut throws away what nobody has read yet; without output the request is sent again by the plugin, not by OpenCode.
    simulator.control.setSettings({ chunkDelayMs: 300 });
    simulator.control.pushFault({ kind: 'cut-mid-stream' });
    expect(await prompt()).toEqual(answerOf('seat-2'));
    await reported('seat-1:stream-broken', 'seat-2:success');
  });

  it('passes an interruption on: the request upstream is closed at once', async () => {
    simulator.control.pushFault({ kind: 'stall-mid-stream' });
    const session = await server.newSession();
    const prompted = server.prompt('hello', { sessionId: session });
    await vi.waitFor(() => expect(requests()).toMatchObject([{ status: 200 }]), PATIENCE);
    await server.abort(session);
    await prompted;
    await vi.waitFor(() => expect(requests()).toMatchObject([{ ending: 'client-closed' }]), PATIENCE);
    await reported('seat-1:aborted');
  });

  it('passes an interruption on before the provider has answered', async () => {
    simulator.control.pushFault({ kind: 'stall-before-headers' });
    const session = await server.newSession();
    const prompted = server.prompt('hello', { sessionId: session });
    await vi.waitFor(() => expect(requests()).toHaveLength(1), PATIENCE);
    await server.abort(session);
    await prompted;
    await vi.waitFor(() => expect(requests()).toMatchObject([{ ending: 'client-closed' }]), PATIENCE);
    await reported('seat-1:aborted');
  });

  it('ends a stream well while the supervisor is killed, and serves the next request', async () => {
    simulator.control.setSettings({ chunks: 40, chunkDelayMs: 25 });
    const prompted = prompt();
    await vi.waitFor(() => expect(requests()).toHaveLength(1), PATIENCE);
    await supervisor.die();
    expect((await prompted).error).toBeNull();
    simulator.control.setSettings({ chunks: 4, chunkDelayMs: 0 });
    expect(await prompt('without it')).toEqual(answerOf('seat-1', 'without it'));
    await supervisor.revive();
    supervisor.reset(part());
    expect((await prompt('with it')).error).toBeNull();
  });

  it('hands ten megabytes on', async () => {
    simulator.control.pushFault({ kind: 'huge' });
    expect((await prompt()).text.length).toBeGreaterThan(1_000_000);
    await reported('seat-1:success');
  });

  it('writes into the log of OpenCode, and nothing secret', async () => {
    supervisor.reset(part([]));
    expect((await prompt()).error).toBe('oma has no account yet: run `oma add NAME`.');
    const log = await readFile(join(box.dataDir, 'log', 'opencode.log'), 'utf8');
    expect(/message="oma: no lease" requestId=\S+ code=NO_ELIGIBLE_ACCOUNTS/.test(log)).toBe(true);
    expect(log.includes('eyJ')).toBe(false);
  });

  it('adds an account from within OpenCode: the supervisor logs in, OpenCode keeps the placeholder', async () => {
    const view: LoginView = {
      ...{
        loginId: 'login-1',
        alias: 'new',
        purpose: 'add',
        method: 'device',
        state: 'in-progress',
        userCode: 'ABCD-1',
      },
      ...{ url: 'https://auth.example/device', instructions: 'Type the code.', error: null },
      expiresAt: new Date(Date.now() + HOUR_S * 1_000).toISOString(),
    };
    const added: unknown[] = [];
    const handlers: StandInOptions['handlers'] = {
      'account.add': (params) => {
        added.push(params);
        return view;
      },
      'login.wait': () => ({ ...view, state: 'success' }),
    };
    supervisor.reset(part(ALL, { handlers }));
    const post = (path: string, body: unknown) =>
      fetch(`${server.url}/provider/openai/oauth/${path}?directory=${encodeURIComponent(box.project)}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const begun: unknown = await (await post('authorize', { method: 1, inputs: { alias: 'new' } })).json();
    expect(begun).toMatchObject({ url: view.url, instructions: 'Type the code. Code: ABCD-1', method: 'auto' });
    expect(await (await post('callback', { method: 1 })).json()).toBe(true);
    expect(added).toEqual([{ alias: 'new', method: 'device' }]);
    expect(JSON.parse(await readFile(join(box.dataDir, 'auth.json'), 'utf8'))).toEqual(PLACEHOLDER_AUTH);
  });

  it('frees its leases when OpenCode is killed', async () => {
    const other = await sandboxed();
    const killed = await watchedOpenCode(other);
    onTestFinished(async () => {
      await killed.close();
      await other.remove();
    });
    const before = supervisor.connections();
    await killed.ask();
    expect(supervisor.connections()).toBe(before + 1);
    process.kill(killed.pid, 'SIGKILL');
    await vi.waitFor(() => expect(supervisor.connections()).toBe(before), PATIENCE);
  });
});
