import { homedir } from 'node:os';

import { keepCompiled } from '../runtime/compile-cache.ts';
import { TOO_OLD_EXIT, tooOld } from '../runtime/node-version.ts';

// The oldest Node must understand this file: it says in plain words that Node is too old, before anything newer is loaded.
const complaint = tooOld(process.versions.node);
if (complaint === null) {
  keepCompiled(process.env, homedir());
  void import('./program.ts').then(({ program }) => program(process, import.meta.url));
} else {
  process.stderr.write(`oma: ${complaint}\n`);
  process.exitCode = TOO_OLD_EXIT;
}
