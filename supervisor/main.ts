import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { keepCompiled, writeCompiled } from '../runtime/compile-cache.ts';
import { giveBackAfterStart } from '../runtime/spare-memory.ts';

keepCompiled(process.env, homedir());
const { supervise } = await import('./supervise.ts');
await supervise(process, dirname(fileURLToPath(import.meta.url)));
writeCompiled();
giveBackAfterStart();
