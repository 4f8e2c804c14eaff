import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { Client } from '../../../contract/operation.ts';
import { PROBE_OPERATIONS, type ProbeOperations } from '../../../contract/probe-operations.ts';
import { createClient } from '../../../runtime/rpc/client.ts';
import { openConnection } from '../../../runtime/rpc/connection.ts';
import { PATIENCE } from '../../support/patience.ts';
import { OFFLINE, SEAT, simulatedLogin, useDirectory } from '../../support/probe-bench.ts';
import { processGone } from '../../support/process-gone.ts';
import { codexBinary } from '../../support/real-codex.ts';
import { requestsArrived, type Simulator, useSimulator } from '../../support/simulator.ts';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'probe-runner', 'main.ts');
const HELLO = { protocolVersion: 1, buildId: 'test', version: '0.0.0', pid: process.pid };

describe('the probe-runner as a process', () => {
  it('says hello, answers a ping and probes with the real codex', async () => {
    const { simulator, client, homesDir } = await setUp();
    expect(await client['session.hello'](HELLO)).toMatchObject({ protocolVersion: 1 });
    expect(await client['session.ping']({})).toEqual({});
    expect(await client['codex.inspect']({ codexBin: codexBinary() })).toMatchObject({
      found: true,
      supported: true,
      version: '0.169.0',
    });
    expect(await client['probe.run'](paramsOf(simulator, homesDir))).toMatchObject({
      kind: 'complete',
      windows: [{ usedPercent: 14 }, { usedPercent: 34.5 }],
    });
    await expect(client['probe.cancel']({ probeId: 'unknown' })).rejects.toMatchObject({ code: 'PROBE_NOT_FOUND' });
  });

  it('[C.L2.4] killed in the middle of a probe leaves no codex, and the next one removes the login it left', async () => {
    const { simulator, client, homesDir, child } = await setUp();
    simulator.control.pushFault({ kind: 'stall-mid-stream', times: null });
    const running = client['probe.run'](paramsOf(simulator, homesDir)).catch((error: unknown) => error);
    await requestsArrived(simulator, { endpoint: 'responses' }, 1);
    const codex = codexProcesses(homesDir);
    expect(codex.length).toBeGreaterThan(0);
    child.kill('SIGKILL');
    expect(await running).toMatchObject({ code: 'CONNECTION_CLOSED' });
    for (const pid of codex) await processGone(pid);
    expect(codexProcesses(homesDir)).toEqual([]);
    expect(await hasLogin(homesDir)).toBe(true);

    const next = startRunner(homesDir);
    expect(await next.client['session.hello'](HELLO)).toMatchObject({ protocolVersion: 1 });
    await vi.waitFor(async () => expect(await hasLogin(homesDir)).toBe(false), PATIENCE);
    simulator.control.clearFaults();
    expect(await next.client['probe.run'](paramsOf(simulator, homesDir))).toMatchObject({ kind: 'complete' });
  });

  it.each(['its supervisor dies', 'it gets SIGTERM'] as const)(
    '[C.L2.4] ends its codex, removes the login and goes in order when %s',
    async (how) => {
      const { simulator, client, homesDir, child } = await setUp();
      simulator.control.pushFault({ kind: 'stall-mid-stream', times: null });
      const running = client['probe.run'](paramsOf(simulator, homesDir)).catch((error: unknown) => error);
      await requestsArrived(simulator, { endpoint: 'responses' }, 1);
      const codex = codexProcesses(homesDir);
      expect(codex.length).toBeGreaterThan(0);
      const ended = once(child, 'exit');
      if (how === 'it gets SIGTERM') child.kill('SIGTERM');
      else child.stdin.destroy();
      expect(await ended).toEqual([0, null]);
      expect(await hasLogin(homesDir)).toBe(false);
      for (const pid of codex) await processGone(pid);
      expect(await running).toBeDefined();
    },
  );

  it('removes at its start what an earlier one left, before anybody asks for a probe', async () => {
    const homesDir = join(await useDirectory(), 'homes');
    const codexHome = join(homesDir, SEAT, '.codex');
    await mkdir(codexHome, { recursive: true });
    await mkdir(join(homesDir, SEAT, 'cwd'));
    await writeFile(join(codexHome, 'auth.json'), '{}');
    const { client } = startRunner(homesDir);
    expect(await client['session.hello'](HELLO)).toMatchObject({ protocolVersion: 1 });
    await vi.waitFor(async () => expect(await readdir(codexHome)).toEqual([]), PATIENCE);
  });
});

interface Started {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly client: Client<ProbeOperations>;
}

async function setUp(): Promise<Started & { readonly simulator: Simulator; readonly homesDir: string }> {
  const simulator = await useSimulator({ seats: 1 });
  const homesDir = join(await useDirectory(), 'homes');
  return { simulator, homesDir, ...startRunner(homesDir) };
}

function startRunner(homesDir: string): Started {
  const env = { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...OFFLINE, OPENCODE_MULTI_AUTH_LOG_LEVEL: 'silent' };
  const child = spawn(process.execPath, [MAIN, homesDir], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const connection = openConnection(child.stdout, child.stdin);
  onTestFinished(async () => {
    connection.dispose();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  return { child, client: createClient(connection, PROBE_OPERATIONS) };
}

function paramsOf(simulator: Simulator, homesDir: string) {
  return {
    ...simulatedLogin(simulator, 'work'),
    probeId: 'probe-1',
    source: 'codex-exec' as const,
    seat: SEAT,
    homesDir,
    codexBin: codexBinary(),
    models: ['gpt-5.5'],
    effort: 'low',
  };
}

function codexProcesses(homesDir: string): readonly number[] {
  const list = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return list
    .split('\n')
    .filter((line) => line.includes(homesDir) && line.includes('codex exec '))
    .map((line) => Number.parseInt(line, 10));
}

async function hasLogin(homesDir: string): Promise<boolean> {
  return (await stat(join(homesDir, SEAT, '.codex', 'auth.json')).catch(() => null)) !== null;
}
