import { writeSync } from 'node:fs';

import type { Readiness } from '../contract/handshake.ts';

const STDOUT = 1;

/** Tells whoever started this process whether it serves. Why: written at once, since the process may end right after. */
export function reportReadiness(readiness: Readiness, descriptor = STDOUT): void {
  try {
    writeSync(descriptor, `${JSON.stringify(readiness)}\n`);
  } catch {
    // The starter is gone, or nobody gave this process an output; the socket answers all the same.
  }
}
