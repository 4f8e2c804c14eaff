import { stat } from 'node:fs/promises';

import type { Context } from '../operations/context.ts';

/** The socket is looked at this often, in milliseconds. */
export const SOCKET_PERIOD_MS = 3 * 1_000;

/**
 * Notices that the socket is gone, or is somebody else's.
 * Why: systems clear their runtime directories, at logout for one; a supervisor that nobody can reach any more would
 * keep the store from the next one.
 */
export function startSocketWatch(
  { later }: Pick<Context, 'later'>,
  { socketPath, lost }: { readonly socketPath: string; lost: () => void },
): () => void {
  let isOver = false;
  let cancel: () => void = () => undefined;
  const turn = async (known: string | null): Promise<void> => {
    const found = await identityOf(socketPath);
    if (isOver) return;
    if (found === null || (known !== null && found !== known)) lost();
    else cancel = later(SOCKET_PERIOD_MS, () => void turn(found));
  };
  void turn(null);
  return () => {
    isOver = true;
    cancel();
  };
}

/** Shape: null if there is nothing. */
function identityOf(path: string): Promise<string | null> {
  return stat(path).then(
    ({ dev, ino }) => `${String(dev)}:${String(ino)}`,
    () => null,
  );
}
