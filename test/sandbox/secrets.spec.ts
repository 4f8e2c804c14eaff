import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { OPERATIONS } from '../../contract/operations.ts';
import { type OmaSandbox, useOma } from '../support/oma.ts';
import { codexBinary } from '../support/real-codex.ts';
import { opencodeRun } from '../support/real-opencode.ts';
import { useSimulator } from '../support/simulator.ts';

const PLANTED = 'rt_planted-secret-0123456789abcdef0123456789abcdef';

/** Every token in the store, and the launch token. */
async function secretsOf(oma: OmaSandbox): Promise<readonly string[]> {
  const { store } = await oma.status();
  const text = readFileSync(store.file, 'utf8');
  const tokens = [...text.matchAll(/"(?:access|refresh|id)Token":\s*"([^"]+)"/g)].flatMap(([, token]) => token ?? []);
  const launch = readFileSync(
    join(oma.env['XDG_STATE_HOME'] ?? '', 'opencode-multi-auth', 'dashboard-token'),
    'utf8',
  ).trim();
  expect(tokens.length).toBeGreaterThanOrEqual(8);
  return [...tokens, launch, PLANTED];
}

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
    const seen: string[] = [];
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
    ])
      await run(...args);
    seen.push(await everyRoute(oma));
    const secrets = await secretsOf(oma);
    const { pid } = await oma.status();
    seen.push(oma.log(), processTexts([pid, ...childrenOf(pid)]));
    const text = seen.join('\n');
    expect(text.length).toBeGreaterThan(10_000);
    for (const secret of secrets) expect(text.includes(secret), `…${secret.slice(-6)} leaked`).toBe(false);
  });
});

/** Asks every reading route of the API, and every changing one with a wrong body that holds a secret. */
async function everyRoute(oma: OmaSandbox): Promise<string> {
  const { dashboardUrl } = await oma.status();
  const token = readFileSync(
    join(oma.env['XDG_STATE_HOME'] ?? '', 'opencode-multi-auth', 'dashboard-token'),
    'utf8',
  ).trim();
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
