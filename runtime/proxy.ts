import http from 'node:http';

import type { Log } from './log.ts';

/** The proxy settings of an environment, as Node's own proxy support reads them. */
export type ProxyEnvironment = Readonly<Record<string, string>>;

/**
 * Picks the proxy settings out of an environment; null when there are none.
 * Why: loopback is never sent through a proxy, or a demo would leave the machine.
 */
export function proxyOf(environment: Readonly<Record<string, string | undefined>>): ProxyEnvironment | null {
  const {
    HTTP_PROXY,
    HTTPS_PROXY,
    NO_PROXY,
    http_proxy = HTTP_PROXY,
    https_proxy = HTTPS_PROXY,
    no_proxy = NO_PROXY,
  } = environment;
  if (!http_proxy && !https_proxy) return null;
  return {
    ...(http_proxy ? { http_proxy } : {}),
    ...(https_proxy ? { https_proxy } : {}),
    no_proxy: [...(no_proxy ? [no_proxy] : []), ...LOOPBACK].join(','),
  };
}

/** Sends what this process asks of other machines through the proxy of its environment, if there is one. */
export function useProxy(environment: Readonly<Record<string, string | undefined>>, log: Pick<Log, 'error'>): void {
  const proxy = proxyOf(environment);
  if (proxy === null) return;
  try {
    http.setGlobalProxyFromEnv(proxy);
  } catch {
    // What went wrong may quote the address, and that may hold a password.
    log.error(
      {},
      'the proxy of HTTP_PROXY or HTTPS_PROXY cannot be used: the address is not valid, or this Node is too old for proxies',
    );
  }
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1', '[::1]'] as const;
