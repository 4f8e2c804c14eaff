import { writeSync } from 'node:fs';

import { type Readiness, READINESS_CHARS_MAX } from '../contract/handshake.ts';

const STDOUT = 1;

/** Tells whoever started this process whether it serves. Why: written at once, since the process may end right after. */
export function reportReadiness(readiness: Readiness, descriptor = STDOUT): void {
  try {
    writeSync(descriptor, `${JSON.stringify(readable(readiness))}\n`);
  } catch {
    // The starter is gone, or nobody gave this process an output; the socket answers all the same.
  }
}

/** Why: its starter does not take a longer reason, and would say that there was none. */
function readable(readiness: Readiness): Readiness {
  return readiness.ready ? readiness : { ...readiness, message: readiness.message.slice(0, READINESS_CHARS_MAX) };
}
