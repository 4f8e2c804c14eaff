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

const LOOPBACK = ['localhost', '127.0.0.1', '::1', '[::1]'] as const;
