import { homedir } from 'node:os';

import { keepCompiled } from '../runtime/compile-cache.ts';

// The oldest Node must understand this file: it says in plain words that Node is too old, before anything newer is loaded.
const OLDEST_MAJOR = 22;
const OLDEST_MINOR = 22;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST_MAJOR || (major === OLDEST_MAJOR && minor < OLDEST_MINOR)) {
  process.stderr.write(
    `oma: Node ${process.versions.node} is too old — install Node ${String(OLDEST_MAJOR)}.${String(OLDEST_MINOR)} or newer from https://nodejs.org\n`,
  );
  process.exitCode = 1;
} else {
  keepCompiled(process.env, homedir());
  void import('./program.ts').then(({ program }) => program(process, import.meta.url));
}
