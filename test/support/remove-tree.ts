import { rm } from 'node:fs/promises';

const RETRIES = 20;
const RETRY_MS = 100;

/** Removes a directory and all in it; one that is not there is fine. Waits for programs that still write into it while they leave. */
export function removeTree(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: RETRIES, retryDelay: RETRY_MS });
}
