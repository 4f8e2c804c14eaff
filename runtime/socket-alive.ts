import { connect } from 'node:net';

/** Time a supervisor that lives has to take a connection, in milliseconds. */
const ALIVE_MS = 1_000;

/** Tells whether somebody takes connections on the socket; the way to learn that another supervisor serves already. */
export async function isSocketAlive(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const answer = (isAlive: boolean): void => {
      socket.destroy();
      resolve(isAlive);
    };
    socket.setTimeout(ALIVE_MS, () => answer(false));
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
