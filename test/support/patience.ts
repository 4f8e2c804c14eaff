/** How long a test waits for what another process, a socket or a file will show, and how often it looks. Why so long: a busy machine is no failure. */
export const PATIENCE = { timeout: 60_000, interval: 20 } as const;
