import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { expect, it, onTestFinished, vi } from 'vitest';

import { importableStore } from '../../cli/simulator/credentials.ts';
import { browse, signIn } from '../support/browser-login.ts';
import { type Step, STEPS } from '../support/commands-run.ts';
import { DIST } from '../support/oma.ts';
import { PATIENCE } from '../support/patience.ts';
import { removeTree } from '../support/remove-tree.ts';
import { runProgram } from '../support/run-program.ts';
import { type Simulator, useSimulator } from '../support/simulator.ts';
import { upstreamEnvelope } from '../support/upstream-store.ts';

const PHRASE = 'four words of chance';
const SEATS = ['work', 'home', 'spare', 'old'];

/** Programs on the path of the home: oma itself, and a service manager and a desktop that do as they are told. */
const PROGRAMS = {
  oma: `exec '${process.execPath}' '${join(DIST, 'cli.js')}' "$@"`,
  systemctl: 'exit 0',
  launchctl: 'exit 0',
  'notify-send': 'exit 0',
  osascript: 'exit 0',
};

/** An empty home with nothing but the files that commands of the documents name. */
async function useHome(simulator: Simulator) {
  const home = await mkdtemp(join(tmpdir(), 'oma-typed-'));
  await mkdir(join(home, 'bin'));
  for (const [name, line] of Object.entries(PROGRAMS)) {
    await writeFile(join(home, 'bin', name), `#!/bin/sh\n${line}\n`);
    await chmod(join(home, 'bin', name), 0o755);
  }
  const logins = importableStore([simulator.control.credentials('old')]);
  const files = { 'old.json': logins, 'locked.json': upstreamEnvelope(logins, PHRASE), 'oma.key': PHRASE };
  for (const [name, content] of Object.entries(files))
    await writeFile(join(home, name), typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  const env = {
    PATH: [join(home, 'bin'), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    HOME: home,
    WORDS: PHRASE,
    OPENCODE_MULTI_AUTH_BASE_URL: simulator.baseUrl,
    OPENCODE_MULTI_AUTH_ISSUER_URL: simulator.issuerUrl,
  };
  onTestFinished(async () => {
    await runProgram({ file: '/bin/sh', args: ['-c', 'oma down'], env, cwd: home, deadlineMs: 60_000 });
    await removeTree(home);
  });
  return { home, env };
}

/** Runs a command until it ends, or until it has said what it goes on after; a person signs in when it asks. */
async function type(step: Step, { home, env }: Awaited<ReturnType<typeof useHome>>, simulator: Simulator) {
  const line = step.typed ?? step.written;
  // Exec: what gets Ctrl-C is the program and not the shell around it.
  const typed = line.includes('&&') ? line : `exec ${line}`;
  const child = spawn('/bin/sh', ['-ec', typed], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  if (step.person !== undefined) await logIn(step.person, () => said, simulator);
  if (step.goesOn === true) {
    await vi.waitFor(() => expect(said).toMatch(step.says), PATIENCE);
    child.kill('SIGINT');
  }
  return { line, code: await ended, said };
}

/** Does what the login asks of a person: opens the address, or types the code where no port for the way back is free. */
async function logIn(person: string, said: () => string, simulator: Simulator): Promise<void> {
  await vi.waitFor(() => expect(said()).toMatch(/Code: \S+|\/oauth\/authorize\S+/), PATIENCE);
  const code = /Code: (\S+)/.exec(said())?.[1];
  if (code !== undefined) expect(simulator.control.approveDevice(code, person)).toBe(true);
  else await browse(signIn(/https?:\/\/\S*\/oauth\/authorize\S*/.exec(said())?.[0] ?? '', person));
}

it('the commands that documents have in prose and in tables, typed one after the other in one home, do what they say', async () => {
  const simulator = await useSimulator({
    seats: SEATS.map((alias) => ({
      alias,
      email: `${alias}@example.test`,
      accountId: `ws-${alias}`,
      userId: `user-${alias}`,
      windows: [{ slot: 'primary' as const, durationMinutes: 300, usedPercent: 20 }],
    })),
  });
  const home = await useHome(simulator);
  for (const step of STEPS) {
    const { line, code, said } = await type(step, home, simulator);
    expect.soft([line, code], said).toEqual([line, step.exit ?? 0]);
    expect.soft(said, line).toMatch(step.says);
  }
}, 240_000);
