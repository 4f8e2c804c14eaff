import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { OmaError } from '../contract/errors.ts';
import { ownUid } from './own-uid.ts';

const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;

/** What is known of a socket before it is used. */
export type SocketState = 'absent' | 'ours';

/**
 * Makes sure that a socket and its directory belong to us and that nobody else could have put the socket there.
 * Shape: `absent` if there is no socket or no directory yet.
 * Errors: SOCKET_FOREIGN.
 * Why: whoever owns the socket gets the tokens, or hands out false ones.
 */
export async function checkSocketOwner(socketPath: string, uid = ownUid()): Promise<SocketState> {
  const directory = await statOf(dirname(socketPath));
  if (directory === null) return 'absent';
  if (directory.uid !== uid) throw foreign('The directory of the socket belongs to another user');
  if ((directory.mode & WRITABLE_BY_OTHERS) !== 0)
    throw foreign('Other users may write to the directory of the socket');
  const socket = await statOf(socketPath);
  if (socket === null) return 'absent';
  if (socket.uid !== uid) throw foreign('The socket belongs to another user');
  if (!socket.isSocket) throw foreign('There is a file where the socket belongs');
  return 'ours';
}

/** Makes sure that nobody else may even enter the directory of the socket. Errors: SOCKET_FOREIGN. */
export async function checkPrivateDirectory(socketPath: string): Promise<void> {
  const directory = await statOf(dirname(socketPath));
  if (directory !== null && (directory.mode & OPEN_TO_OTHERS) !== 0)
    throw foreign('Other users may enter the directory of the socket');
}

interface Found {
  readonly uid: number;
  readonly mode: number;
  readonly isSocket: boolean;
}

async function statOf(path: string): Promise<Found | null> {
  try {
    const found = await lstat(path);
    return { uid: found.uid, mode: found.mode, isSocket: found.isSocket() };
  } catch (error) {
    if (isAbsence(error)) return null;
    throw foreign('The socket cannot be looked at');
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function foreign(what: string): OmaError {
  return new OmaError(
    'SOCKET_FOREIGN',
    `${what}, so oma does not use it. Give it a directory of your own with mode 0700 (chmod 700), or set OPENCODE_MULTI_AUTH_SOCKET to a path in one.`,
  );
}
