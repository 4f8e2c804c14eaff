import { readdirSync, readlinkSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { ROOT } from '../support/documents.ts';
import { useOma } from '../support/oma.ts';
import { PATIENCE } from '../support/patience.ts';
import { opencodeRun, type OpenCodeSandbox, opencodeServe } from '../support/real-opencode.ts';
import { requestsArrived, useSimulator } from '../support/simulator.ts';
import { sized } from '../support/size.ts';

/** Each costs some six seconds of a core before it asks for anything. */
const PROCESSES = sized({ full: 16, rehearsal: 8 });
const SEATS = ['a', 'b', 'c'].map((alias) => ({
  alias,
  email: `${alias}@example.test`,
  accountId: `ws-${alias}`,
  userId: `user-${alias}`,
}));

/** Who answered: the simulated answer names the seat. */
function servedBy(text: string): string {
  return /Simulated answer from (\w+)/.exec(text)?.[1] ?? `nobody: ${text}`;
}

/** The same OpenCode with a copy of its data: many that start at once find one database "locked", which is no matter of oma. */
async function withDataOfItsOwn(box: OpenCodeSandbox, index: number): Promise<OpenCodeSandbox> {
  const data = join(box.root, `data-${String(index)}`);
  await cp(dirname(box.dataDir), data, { recursive: true });
  return { ...box, env: { ...box.env, XDG_DATA_HOME: data } };
}

/** Files under this directory that a process holds open, but for the programs and modules of this repository. */
function filesIn(directory: string, pid: number): readonly string[] {
  const descriptors = `/proc/${String(pid)}/fd`;
  return readdirSync(descriptors)
    .flatMap((name) => {
      try {
        return readlinkSync(join(descriptors, name));
      } catch {
        return [];
      }
    })
    .filter((path) => path.startsWith(`${directory}/`) && !path.startsWith(ROOT));
}

describe('the real OpenCode through the built plugin', () => {
  it('[H.T.15] prints the streamed answer of `opencode run`, and works in the home of the test only', async () => {
    const simulator = await useSimulator({ seats: SEATS });
    const oma = await useOma({ simulator });
    const { code, stdout, stderr } = await opencodeRun(oma.opencode, 'hello');
    expect([code, servedBy(stdout)], stderr).toEqual([0, expect.stringMatching(/^[abc]$/)]);
    await vi.waitFor(async () => {
      expect((await oma.status()).leases).toMatchObject({ inFlight: 0, failed: 0 });
    }, PATIENCE);
    const { pid, store, socket } = await oma.status();
    for (const path of [store.file, socket, oma.env['HOME'] ?? '', oma.env['XDG_CONFIG_HOME'] ?? ''])
      expect(path.startsWith(`${oma.root}/`), path).toBe(true);
    expect(filesIn(homedir(), pid)).toEqual([]);
    expect(filesIn(oma.root, pid).length).toBeGreaterThan(0);
  });

  it('spreads nine new sessions round-robin, and keeps one session on its account', async () => {
    const simulator = await useSimulator({ seats: SEATS });
    const oma = await useOma({ simulator });
    const serve = await opencodeServe(oma.opencode);
    try {
      const first: string[] = [];
      for (let turn = 0; turn < 9; turn += 1)
        first.push(servedBy((await serve.prompt(`question ${String(turn)}`)).text));
      expect(['a', 'b', 'c'].map((alias) => first.filter((served) => served === alias).length)).toEqual([3, 3, 3]);
      const { sessionId, text } = await serve.prompt('begin');
      const again = [await serve.prompt('more', { sessionId }), await serve.prompt('and more', { sessionId })].map(
        (answer) => servedBy(answer.text),
      );
      expect(again).toEqual([servedBy(text), servedBy(text)]);
    } finally {
      await serve.close();
    }
  });

  it('leaves an account that is at its limit before any output, and the answer still comes', async () => {
    const simulator = await useSimulator({ seats: SEATS });
    const oma = await useOma({ simulator });
    simulator.control.pushFault({ kind: 'usage-limit', alias: 'a', times: null, resetsInSeconds: 3_600 });
    const answers = [await opencodeRun(oma.opencode, 'one'), await opencodeRun(oma.opencode, 'two')];
    for (const { code, stdout } of answers)
      expect([code, servedBy(stdout)]).toEqual([0, expect.stringMatching(/^[bc]$/)]);
    const limited = (await oma.accounts()).find(({ alias }) => alias === 'a');
    expect(limited).toMatchObject({ health: 'cooldown', cooldownReason: 'rate-limited', eligible: false });
  });

  it(`refreshes an expired token once for ${String(PROCESSES)} OpenCode processes at the same time`, async () => {
    const simulator = await useSimulator({ seats: SEATS.slice(0, 1) });
    const oma = await useOma({ simulator });
    // The first start of OpenCode sets its database up, which is not what is tested here.
    expect(servedBy((await opencodeRun(oma.opencode, 'warm up')).stdout)).toBe('a');
    simulator.control.expireAccess('a');
    const before = simulator.control.requests({ endpoint: 'token' }).length;
    const boxes = await Promise.all(
      Array.from({ length: PROCESSES }, (_, index) => withDataOfItsOwn(oma.opencode, index)),
    );
    const answers = await Promise.all(
      boxes.map((box, index) => opencodeRun(box, `question ${String(index)}`, { deadlineMs: 150_000 })),
    );
    const said = answers.map(({ code, stdout, stderr }) => ({ code, served: servedBy(stdout), stderr }));
    expect(said.filter(({ code, served }) => code !== 0 || served !== 'a')).toEqual([]);
    expect(simulator.control.requests({ endpoint: 'token' }).length - before).toBe(1);
  }, 200_000);

  it('ends a running stream well when the supervisor is killed, and serves the next request', async () => {
    const simulator = await useSimulator({ seats: SEATS });
    const oma = await useOma({ simulator });
    const serve = await opencodeServe(oma.opencode);
    try {
      await serve.prompt('warm up');
      simulator.control.setSettings({ chunks: 40, chunkDelayMs: 100 });
      const before = simulator.control.requests({ endpoint: 'responses' }).length;
      const streaming = serve.prompt('stream');
      await requestsArrived(simulator, { endpoint: 'responses' }, before + 1);
      const killed = await oma.killSupervisor();
      expect(servedBy((await streaming).text)).toMatch(/^[abc]$/);
      expect(servedBy((await serve.prompt('next')).text)).toMatch(/^[abc]$/);
      expect((await oma.status()).pid).not.toBe(killed);
    } finally {
      await serve.close();
    }
  });
});
