import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { supervise } from './supervise.ts';

await supervise(process, dirname(fileURLToPath(import.meta.url)));
