import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ProcessFacts } from './start.ts';

/** Gathers what both entries must know of OpenCode's process. Shape: `entryUrl` is that of the bundled file. */
export function processFacts(host: NodeJS.Process, entryUrl: string): ProcessFacts {
  const { env: environment, platform, pid } = host;
  return {
    environment,
    home: environment['HOME'] || homedir(),
    uid: host.getuid?.() ?? -1,
    platform,
    xdgRuntimeDir: environment['XDG_RUNTIME_DIR'],
    xdgStateHome: environment['XDG_STATE_HOME'],
    xdgConfigHome: environment['XDG_CONFIG_HOME'],
    xdgDataHome: environment['XDG_DATA_HOME'],
    pid,
    pluginDir: dirname(fileURLToPath(entryUrl)),
  };
}
