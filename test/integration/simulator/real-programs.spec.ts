import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { FaultKind } from '../../../cli/simulator/faults.ts';
import { codexBinary, codexExec, type CodexSandbox, codexSandbox, rolloutPayloads } from '../../support/real-codex.ts';
import { opencodeRun, type OpenCodeSandbox, opencodeSandbox, opencodeServe } from '../../support/real-opencode.ts';
import { runProgram } from '../../support/run-program.ts';
import { type Simulator, useSimulator } from '../../support/simulator.ts';

// The least a plugin can do: send OpenCode's request to the simulator with one fixed login.
const PLUGIN = `export default { id: 'throwaway', server: async () => ({ auth: { provider: 'openai', methods: [], async loader() {
  return { async fetch(url, init) {
    const headers = new Headers(init.headers)
    headers.set('authorization', 'Bearer ' + process.env.SIM_TOKEN)
    headers.set('chatgpt-account-id', process.env.SIM_ACCOUNT)
    return fetch(process.env.SIM_BASE + '/codex/responses', { ...init, headers })
  } }
} } }) }`;

async function codexOf(
  simulator: Simulator,
  alias: string,
  mode: 'managed' | 'external' = 'external',
): Promise<CodexSandbox> {
  const sandbox = await codexSandbox(simulator, simulator.control.credentials(alias), mode);
  onTestFinished(() => sandbox.remove());
  return sandbox;
}

async function opencodeOf(simulator: Simulator, alias: string): Promise<OpenCodeSandbox> {
  const login = simulator.control.credentials(alias);
  const sandbox = await opencodeSandbox({
    env: { SIM_TOKEN: login.accessToken, SIM_ACCOUNT: login.accountId, SIM_BASE: simulator.baseUrl },
  });
  onTestFinished(() => sandbox.remove());
  const file = join(sandbox.root, 'plugin.mjs');
  await writeFile(file, PLUGIN);
  await writeFile(join(sandbox.configDir, 'opencode.json'), JSON.stringify({ plugin: [`file://${file}`] }));
  return sandbox;
}

describe('the real codex exec against the simulator', () => {
  it('completes, and its rollout has the windows of the seat', async () => {
    const simulator = await useSimulator();
    const result = await codexExec(await codexOf(simulator, 'work'));
    expect(result).toMatchObject({ code: 0, timedOut: false });
    expect(result.events.map((event) => event['type'])).toEqual([
      'thread.started',
      'turn.started',
      'item.completed',
      'turn.completed',
    ]);
    expect(result.stdout).toContain('Simulated answer from work');
    const [counted, ...more] = rolloutPayloads(result.rollout, 'token_count');
    expect(more).toEqual([]);
    expect(counted).toMatchObject({
      info: { total_token_usage: { output_tokens: 16 } },
      rate_limits: {
        limit_id: 'codex',
        primary: { used_percent: 14, window_minutes: 300 },
        secondary: { used_percent: 34.5, window_minutes: 10_080 },
      },
    });
    expect(simulator.control.state().counts).toEqual({
      'accounts-check': { work: 1 },
      'user-settings': { work: 1 },
      responses: { work: 1 },
    });
  });

  it('reads a weekly-only plan from the primary slot', async () => {
    const simulator = await useSimulator();
    const result = await codexExec(await codexOf(simulator, 'free'));
    expect(rolloutPayloads(result.rollout, 'token_count')).toMatchObject([
      { rate_limits: { primary: { used_percent: 58, window_minutes: 10_080 }, secondary: null } },
    ]);
  });

  it.each<[FaultKind, RegExp, unknown]>([
    [
      'token-expired',
      /unexpected status 401 Unauthorized: Provided authentication token is expired/,
      { http_connection_failed: { http_status_code: 401 } },
    ],
    [
      'workspace-deactivated',
      /402 Payment Required: .*deactivated_workspace/,
      { http_connection_failed: { http_status_code: 402 } },
    ],
    ['cloudflare', /403 Forbidden: <html>/, { http_connection_failed: { http_status_code: 403 } }],
    ['usage-limit', /hit your usage limit/, 'usage_limit_exceeded'],
    ['usage-limit-stale-headers', /hit your usage limit/, 'usage_limit_exceeded'],
    ['model-unsupported', /"detail":"The 'gpt-5.5' model is not supported/, 'other'],
    ['effort-unsupported', /"code":"unsupported_value"/, 'other'],
    ['model-not-found', /does not exist or you do not have access/, 'model_not_found'],
    ['server-error', /high demand/, 'internal_server_error'],
    ['overloaded', /at capacity/, 'server_overloaded'],
    ['json-error-200', /stream closed before response.completed/, 'other'],
    ['cut-mid-stream', /error decoding response body/, 'other'],
    ['response-failed', /invalid response/, 'other'],
    ['response-incomplete', /max_output_tokens/, 'other'],
  ])('fails on %s with that message and that class of error', async (kind, message, errorInfo) => {
    const simulator = await useSimulator();
    simulator.control.pushFault({ kind, times: null });
    const result = await codexExec(await codexOf(simulator, 'home'));
    expect(result.code).toBe(1);
    expect(result.events.at(-1)).toMatchObject({
      type: 'turn.failed',
      error: { message: expect.stringMatching(message) },
    });
    expect(rolloutPayloads(result.rollout, 'task_complete')).toMatchObject([
      { error: { codex_error_info: errorInfo } },
    ]);
  });

  it('refreshes a managed login by itself when its token is refused', async () => {
    const simulator = await useSimulator();
    const sandbox = await codexOf(simulator, 'home', 'managed');
    simulator.control.expireAccess('home');
    const result = await codexExec(sandbox);
    expect(result.code).toBe(0);
    expect(simulator.control.state().counts['token']).toEqual({ home: 1 });
  });

  it('signs in by device code', async () => {
    const simulator = await useSimulator({ settings: { autoApprove: 'colleague', deviceIntervalSeconds: 1 } });
    const sandbox = await codexOf(simulator, 'work');
    const file = join(sandbox.codexHome, 'auth.json');
    await rm(file);
    const args = ['login', '--device-auth', '--experimental_issuer', simulator.issuerUrl];
    const result = await runProgram({
      file: codexBinary(),
      args,
      env: sandbox.env,
      cwd: sandbox.cwd,
      deadlineMs: 30_000,
    });
    expect(result.stderr).toContain('Successfully logged in');
    const written = JSON.parse(await readFile(file, 'utf8')) as unknown;
    expect(written).toMatchObject({ auth_mode: 'chatgpt', tokens: { account_id: 'ws-engine-room' } });
  });
});

describe('the real OpenCode against the simulator', () => {
  it('prints the streamed answer of the seat', async () => {
    const simulator = await useSimulator();
    const result = await opencodeRun(await opencodeOf(simulator, 'home'), 'hello');
    expect(result).toMatchObject({ code: 0, timedOut: false });
    expect(result.stdout).toContain('Simulated answer from home');
    expect(simulator.control.state().counts).toEqual({ responses: { home: 2 } });
  });

  it('serves many prompts, and a second one in a session finds its prompt cached', async () => {
    const simulator = await useSimulator();
    const server = await opencodeServe(await opencodeOf(simulator, 'home'));
    onTestFinished(() => server.close());
    const first = await server.prompt('one');
    expect(first).toMatchObject({ error: null, text: expect.stringContaining('Simulated answer from home') });
    await server.prompt('two', { sessionId: first.sessionId });
    const turns = simulator.control.requests().filter((entry) => entry.promptCacheKey === first.sessionId);
    expect(turns.map((turn) => (turn.cachedTokens ?? 0) > 0)).toEqual([false, true]);
  });

  it('shows a refused token as an error at once', async () => {
    const simulator = await useSimulator();
    simulator.control.pushFault({ kind: 'token-expired', sessionOnly: true, times: null });
    const server = await opencodeServe(await opencodeOf(simulator, 'home'));
    onTestFinished(() => server.close());
    expect((await server.prompt('one')).error).toBe(
      'Provided authentication token is expired. Please try signing in again.',
    );
  });
});
