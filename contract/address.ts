/** Tells whether a host name is loopback: 127.0.0.0/8, ::1 or localhost. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(bare);
}

/** Tells whether an address is https, or plain http on loopback: nothing else may carry what oma sends. */
export function isHttpsOrLoopback(url: string): boolean {
  const match = /^(https?):\/\/(?:[^/@?#]*@)?(\[[^\]]*\]|[^/:?#]*)/i.exec(url);
  if (match === null) return false;
  return match[1]?.toLowerCase() === 'https' || isLoopbackHost(match[2] ?? '');
}
