import { statSync } from 'node:fs';
import { userInfo } from 'node:os';

/** Gives the user id of this process. */
export function ownUid(): number {
  try {
    return userInfo().uid;
  } catch {
    // A container may run as a user id that has no name; what the process owns still tells it.
    return statSync('/proc/self').uid;
  }
}
