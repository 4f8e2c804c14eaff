// Races for a lock: `node lock-owner.ts FILE SOCKET`. Prints what became of it; the owner listens on the socket until it is killed.
import { setTimeout as pause } from 'node:timers/promises';

import { acquireLock } from '../../../../runtime/instance-lock.ts';
import { listenOnSocket } from '../../../../runtime/rpc/listen.ts';
import { isSocketAlive } from '../../../../runtime/socket-alive.ts';

const [file = '', socketPath = ''] = process.argv.slice(2);
/** An owner that nobody kills ends by itself, in milliseconds. */
const LIFE_MS = 60_000;

process.stdout.write('started\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
const lock = await acquireLock(file, { deadlineMs: 20_000, until: () => isSocketAlive(socketPath) });
if (lock === null) {
  process.stdout.write('another\n');
  process.exit(0);
}
await listenOnSocket({ socketPath, onConnection: () => undefined });
process.stdout.write('owner\n');
await pause(LIFE_MS);
