import { join } from 'node:path';

import type { Log } from '../runtime/log.ts';
import { spawnChild } from '../runtime/spawn.ts';
import { wordsOf } from './helper-words.ts';
import type { StartOptions } from './start-options.ts';

/** Variables of the environment that children may see; none of them holds a secret. */
const CHILD_ENVIRONMENT = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'all_proxy',
  'CODEX_CA_CERTIFICATE',
  'https_proxy',
  'http_proxy',
  'no_proxy',
  'NODE_USE_ENV_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_USE_SYSTEM_CA',
  'OPENCODE_MULTI_AUTH_LOG_LEVEL',
];

/** Why: a helper allocates much and keeps next to nothing, for which the engine would take some 60 MiB more of young heap. */
const HELPER_HEAP = '--max-semi-space-size=2';

/** Makes what starts the helper programs that lie in this directory, with the Node of this process. */
export function helperPrograms(host: NodeJS.Process, directory: string, log: Log): StartOptions['spawnChild'] {
  const env = Object.fromEntries(
    CHILD_ENVIRONMENT.flatMap((key) => (host.env[key] === undefined ? [] : [[key, host.env[key]]])),
  );
  return (name) =>
    spawnChild({
      name,
      command: host.execPath,
      args: [HELPER_HEAP, join(directory, `${name}.js`)],
      env,
      cwd: directory,
      onStderrLine: wordsOf(name, log),
    });
}
