import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { OPERATIONS } from '../../contract/operations.ts';
import { type OmaSandbox, useOma } from '../support/oma.ts';
import { PATIENCE } from '../support/patience.ts';
import { codexBinary } from '../support/real-codex.ts';
import { opencodeRun } from '../support/real-opencode.ts';
import { launchTokenOf, secretsOf } from '../support/secrets.ts';
import { useSimulator } from '../support/simulator.ts';

/** Part of an address that its owner may see among the settings, and nobody anywhere else. */
const HOOK = `sk-hook${'0123456789abcdef'.repeat(2)}`;
const PLANTED = 'rt_planted-secret-0123456789abcdef0123456789abcdef';

/** What other local programs can read of a process: its arguments and environment. */
function processTexts(pids: readonly number[]): string {
  return pids
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${String(pid)}/${file}`, 'utf8')))
    .join('\n');
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((candidate) => Number.isInteger(candidate) && candidate > 0)
    .filter((candidate) => {
      try {
        return (
          readFileSync(`/proc/${String(candidate)}/stat`, 'utf8')
            .split(') ')[1]
            ?.split(' ')[1] === String(pid)
        );
      } catch {
        return false;
      }
    });
}

describe('secrets', () => {
  it('[S.8.2] [H.T.30] planted in every input, they are in no answer, no log, no error, no argument and no environment', async () => {
    const simulator = await useSimulator({ seats: 4 });
    const oma = await useOma({
      simulator,
      env: { OPENCODE_MULTI_AUTH_CODEX_BIN: codexBinary(), OPENCODE_MULTI_AUTH_LOG_LEVEL: 'debug' },
    });
    const told = await useWebhook();
    const seen: string[] = [];
    await writeFile(join(oma.root, 'passphrase'), 'correct horse battery staple\n', { mode: 0o600 });
    const run = async (...args: readonly string[]): Promise<void> => {
      const { stdout, stderr } = await oma.oma(...args);
      seen.push(stdout, stderr);
    };
    simulator.control.pushFault({ kind: 'token-expired', times: 1 });
    simulator.control.pushFault({ kind: 'usage-limit', times: 1 });
    const answer = await opencodeRun(oma.opencode, 'hello');
    seen.push(answer.stdout, answer.stderr);
    const garbage = join(oma.root, 'garbage.json');
    await writeFile(garbage, `{"tokens": {"access_token": "${PLANTED}", "refresh_token": "${PLANTED}" `);
    for (const args of [
      ['import', garbage],
      ['probe'],
      ['list', '--json'],
      ['status', '--json'],
      ['why', '--json'],
      ['settings', 'get', '--json'],
      ['remove', PLANTED, '--yes'],
      ['force', PLANTED],
      ['switch', PLANTED],
      ['store', 'check', '--json'],
      ['logs', '-n', '500'],
      ['settings', 'set', 'notifyWebhookUrl', `${told.url}?token=${HOOK}`],
      ['doctor', '--json', '--bundle', join(oma.root, 'bundle.json')],
      ['backup', join(oma.root, 'oma.backup'), '--key-file', join(oma.root, 'passphrase')],
      ['plugin', 'status', '--json'],
      ['service', 'status', '--json'],
      ...['bash', 'zsh', 'fish'].map((shell) => ['completion', shell]),
      ['help', 'environment'],
    ])
      await run(...args);
    const files = ['bundle.json', 'oma.backup'].map((name) => readFileSync(join(oma.root, name), 'latin1'));
    simulator.control.revokeLogins('work');
    await run('probe', 'work');
    await vi.waitFor(() => expect(told.bodies.join()).toContain('needs-login'), PATIENCE);
    seen.push(await everyRoute(oma));
    const unowned = [...files, ...told.bodies, await metrics(oma), oma.log()];
    expect(unowned.filter((text) => text.includes(HOOK))).toEqual([]);
    const secrets = [...(await secretsOf(oma)), PLANTED];
    expect(secrets.length).toBeGreaterThanOrEqual(10);
    const { pid } = await oma.status();
    seen.push(...unowned, processTexts([pid, ...childrenOf(pid)]));
    const text = seen.join('\n');
    expect(text.length).toBeGreaterThan(10_000);
    for (const secret of secrets) expect(text.includes(secret), `…${secret.slice(-6)} leaked`).toBe(false);
  });
});

/** Asks every reading route of the API, and every changing one with a wrong body that holds a secret. */
async function everyRoute(oma: OmaSandbox): Promise<string> {
  const { dashboardUrl } = await oma.status();
  const token = launchTokenOf(oma);
  const answers: string[] = [];
  for (const operation of Object.values(OPERATIONS)) {
    if (!('http' in operation)) continue;
    const { method, path } = operation.http;
    const address = `${dashboardUrl ?? ''}${path.replace(/:\w+/g, encodeURIComponent(PLANTED))}`;
    const body =
      method === 'GET' || method === 'DELETE'
        ? {}
        : { body: JSON.stringify({ wrong: PLANTED, alias: { nested: PLANTED } }) };
    const response = await fetch(address, {
      method,
      ...body,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    const text = await response.text();
    // A caller's own words may come back to it in the refusal that names the wrong field; nothing else may.
    answers.push(response.ok ? text : text.replaceAll(PLANTED, 'planted'));
  }
  expect(answers.length).toBeGreaterThan(20);
  return answers.join('\n');
}

async function metrics(oma: OmaSandbox): Promise<string> {
  const { dashboardUrl } = await oma.status();
  const answer = await fetch(`${dashboardUrl ?? ''}/metrics`, {
    headers: { authorization: `Bearer ${launchTokenOf(oma)}` },
  });
  const text = await answer.text();
  expect(text).toContain('oma_accounts_needing_login 1');
  return text;
}

/** Where notices go, on loopback. */
async function useWebhook(): Promise<{ readonly url: string; readonly bodies: readonly string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => bodies.push(chunk));
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook`, bodies };
}
