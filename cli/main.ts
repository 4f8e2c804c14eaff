import { homedir } from 'node:os';

import { keepCompiled } from '../runtime/compile-cache.ts';
import { tooOld } from '../runtime/node-version.ts';

/** As EXIT.tooOld. Why not that one: what this file shares with others, the bundler moves to a file that an old Node may not read. */
const TOO_OLD_EXIT = 69;

// The oldest Node must understand this file: it says in plain words that Node is too old, before anything newer is loaded.
const complaint = tooOld(process.versions.node);
if (complaint === null) {
  keepCompiled(process.env, homedir());
  void import('./program.ts').then(({ program }) => program(process, import.meta.url));
} else {
  process.stderr.write(`oma: ${complaint}\n`);
  process.exitCode = TOO_OLD_EXIT;
}
