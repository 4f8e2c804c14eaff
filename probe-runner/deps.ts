import type { Hello } from '../contract/handshake.ts';
import type { EpochMs } from '../contract/scalars.ts';
import type { Log } from '../runtime/log.ts';

/** What the probe-runner needs of the world; tests pass shorter deadlines. */
export interface Deps {
  readonly hello: Hello;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Variables that codex may see: where programs are, and how the network is reached. */
  readonly environment: Readonly<Record<string, string>>;
  readonly deadlines: Deadlines;
  now: () => EpochMs;
}

/** Longest time for one run, in milliseconds. */
export interface Deadlines {
  readonly execMs: number;
  readonly appServerMs: number;
  readonly versionMs: number;
}

const PASSED_ON = [
  'PATH',
  'LANG',
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'ALL_PROXY',
  'all_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'CODEX_CA_CERTIFICATE',
] as const;

/** Chooses what codex may see of an environment. Why: an API key or a CODEX_HOME there would let it run as somebody else. */
export function codexEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const seen = PASSED_ON.flatMap((name) =>
    environment[name] === undefined ? [] : [[name, environment[name]] as const],
  );
  // A backend or relay on loopback is never reached through a proxy.
  const direct = [environment['no_proxy'] ?? environment['NO_PROXY'], ...LOOPBACK].filter(Boolean).join(',');
  return Object.fromEntries([...seen, ['NO_PROXY', direct], ['no_proxy', direct]]);
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1'] as const;
