import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect as dial } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { removeTree } from '../../test/support/remove-tree.ts';
import { runProgram } from '../../test/support/run-program.ts';
import { stateOf } from '../harness/accounts.ts';
import type { Bench } from '../harness/bench.ts';
import { type Figure, figure, sideBySide } from '../harness/figure.ts';
import { type BenchHome, connect, DIST, makeHome, spawnSupervisor, startSupervisor } from '../harness/supervisor.ts';

const ACCOUNTS = 4;
const RETRY_MS = 1;
const COMMAND_MS = 20_000;

/** The smallest server there is: answers each line with itself. */
const BARE_SERVER = "require('net').createServer(s=>s.on('error',()=>{}).pipe(s)).listen(process.argv[1])";

/** From spawn to the first answer, against a server that is only a socket. */
export async function startFigures({ size }: Bench): Promise<readonly Figure[]> {
  const home = await makeHome(stateOf(ACCOUNTS, Date.now()));
  const bareSocket = join(home.root, 'bare.sock');
  const times: Record<'bare' | 'cold' | 'warm', number[]> = { bare: [], cold: [], warm: [] };
  const rounds = size(15, 1);
  for (let round = size(-1, 0); round < rounds; round += 1) {
    const bare = await timeBare(bareSocket);
    await removeTree(join(home.root, 'cache'));
    const cold = await timeOma(home);
    const warm = await timeOma(home);
    if (round < 0) continue;
    times.bare.push(bare);
    times.cold.push(cold);
    times.warm.push(warm);
  }
  await home.remove();
  const against = (name: 'cold' | 'warm', what: string): Figure =>
    figure({
      id: `process.start.${name}`,
      what: `spawn to first answer, ${what}`,
      unit: 'ms',
      ...sideBySide({ name: 'oma', values: times[name] }, { name: 'bare Node server', values: times.bare }),
      bar: name === 'warm' ? { of: 'ratio', limit: 2.2 } : null,
    });
  return [against('cold', 'nothing cached'), against('warm', 'started before')];
}

/** The wall time of a command against that of Node doing nothing. */
export async function commandFigure({ size }: Bench): Promise<Figure> {
  const supervisor = await startSupervisor(await makeHome(stateOf(ACCOUNTS, Date.now())));
  const { env, root } = supervisor.home;
  const time = async (args: readonly string[]): Promise<number> => {
    const run = { file: process.execPath, args, env, cwd: root, deadlineMs: COMMAND_MS };
    const { code, durationMs, stderr } = await runProgram(run);
    if (code !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
    return durationMs;
  };
  const status: number[] = [];
  const nothing: number[] = [];
  for (let round = 0; round < size(15, 1); round += 1) {
    nothing.push(await time(['-e', '0']));
    status.push(await time([join(DIST, 'cli.js'), 'status']));
  }
  await supervisor.stop();
  return figure({
    id: 'process.status',
    what: 'wall time of `oma status`',
    unit: 'ms',
    ...sideBySide({ name: 'oma status', values: status }, { name: 'node -e 0', values: nothing }),
  });
}

async function timeOma(home: BenchHome): Promise<number> {
  const begunAt = performance.now();
  const child = spawnSupervisor(home);
  const { connection } = await untilAnswered(() => connect(home.socketPath));
  const took = performance.now() - begunAt;
  connection.dispose();
  // What a process compiles is kept when it ends in order.
  await end(child);
  return took;
}

async function timeBare(socketPath: string): Promise<number> {
  await rm(socketPath, { force: true });
  const begunAt = performance.now();
  const child = spawn(process.execPath, ['-e', BARE_SERVER, socketPath], { stdio: 'ignore' });
  await untilAnswered(
    () =>
      new Promise<void>((resolve, reject) => {
        const socket = dial(socketPath, () => socket.write('hello\n'));
        socket.once('error', reject);
        socket.once('data', () => {
          socket.destroy();
          resolve();
        });
      }),
  );
  const took = performance.now() - begunAt;
  await end(child);
  return took;
}

async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await pause(RETRY_MS);
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
