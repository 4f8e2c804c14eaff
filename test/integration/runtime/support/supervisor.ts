// A small supervisor for tests: `node supervisor.ts SOCKET PART`, where PART says how well its start goes.
import { setTimeout as pause } from 'node:timers/promises';

import type { Handlers } from '../../../../contract/operation.ts';
import { OPERATIONS, type Operations } from '../../../../contract/operations.ts';
import { acquireLock } from '../../../../runtime/instance-lock.ts';
import { reportReadiness } from '../../../../runtime/readiness.ts';
import { listenOnSocket } from '../../../../runtime/rpc/listen.ts';
import { serve } from '../../../../runtime/rpc/serve.ts';
import { isSocketAlive } from '../../../../runtime/socket-alive.ts';

const [socketPath = '', part = 'serve'] = process.argv.slice(2);

/** A supervisor that nobody stops ends by itself, in milliseconds. */
const LIFE_MS = 60_000;

async function serveHere(): Promise<void> {
  const lock = await acquireLock(`${socketPath}.lock`, { deadlineMs: 10_000, until: () => isSocketAlive(socketPath) });
  if (lock === null) {
    reportReadiness({ ready: true });
    process.exit(0);
  }
  if (part === 'slow') await pause(700);
  const handlers = {
    'session.hello': () => ({
      protocolVersion: part === 'incompatible' ? 2 : 1,
      buildId: 'test',
      version: '9.9.9',
      pid: process.pid,
      demo: false,
    }),
    'lease.acquire': () => new Promise(() => undefined),
    'supervisor.stop': () => {
      setImmediate(() => process.exit(0));
      return {};
    },
  } as Partial<Handlers<Operations>> as Handlers<Operations>;
  await listenOnSocket({
    socketPath,
    onConnection: (connection) => {
      serve(connection, OPERATIONS, handlers, {
        connectionId: 'c',
        actor: 'test',
        requestId: () => 'r',
        onError: () => undefined,
      });
    },
  });
  if (part !== 'mute') reportReadiness({ ready: true });
  setTimeout(() => process.exit(0), LIFE_MS);
}

if (part === 'refuse')
  reportReadiness({
    ready: false,
    code: 'STORE_PASSPHRASE_REQUIRED',
    message: 'The store is encrypted. Set the passphrase.',
  });
else if (part === 'refuse-strangely')
  reportReadiness({ ready: false, code: 'FROM_THE_FUTURE', message: 'Something new went wrong.' });
else if (part === 'crash') throw new Error('cannot read /home/alice/x with Bearer PlantedSecret');
else if (part === 'quit') process.exit(3);
else if (part === 'babble') process.stdout.write('hello, I am no report\n');
else if (part === 'hang') setTimeout(() => undefined, LIFE_MS);
else await serveHere();
