import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { keepCompiled, writeCompiled } from '../runtime/compile-cache.ts';
import { tooOld } from '../runtime/node-version.ts';
import { reportReadiness } from '../runtime/readiness.ts';
import { giveBackAfterStart } from '../runtime/spare-memory.ts';

// A plugin may find an older Node than the command line did: its user is told so, before anything newer is loaded.
const complaint = tooOld(process.versions.node);
if (complaint === null) {
  keepCompiled(process.env, homedir());
  const { supervise } = await import('./supervise.ts');
  await supervise(process, dirname(fileURLToPath(import.meta.url)));
  writeCompiled();
  giveBackAfterStart();
} else {
  const message = `The supervisor could not be started: ${complaint}, or run "oma plugin install", which names the Node that oma runs on.`;
  reportReadiness({ ready: false, code: 'SUPERVISOR_START_FAILED', message });
  process.exitCode = 1;
}
