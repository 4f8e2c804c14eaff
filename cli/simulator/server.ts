import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { type Control, createControl } from './control.ts';
import { CONTROL_PREFIX, handleControl } from './control-door.ts';
import { BodyError, readRequest } from './read-request.ts';
import { json, type Reply } from './reply.ts';
import { createRequestLog, type Ending } from './request-log.ts';
import { handle } from './route.ts';
import { demoSeats, type SeatInput } from './seat.ts';
import { sendReply } from './send-reply.ts';
import type { Settings } from './settings.ts';
import { newWorld } from './world.ts';

/** How to start a simulator; everything has a default. */
export interface SimulatorOptions {
  /** 0: any free port. */
  readonly port?: number;
  readonly host?: '127.0.0.1' | '::1';
  /** Seats, or how many of the demo's. Default 4. */
  readonly seats?: readonly SeatInput[] | number;
  readonly settings?: Partial<Settings>;
  /** Epoch ms; the control can shift it. */
  readonly clock?: () => number;
  /** Makes ids repeatable; two runs with the same salt make the same tokens. */
  readonly salt?: string;
}

/** A running simulator. */
export interface Simulator {
  /** Origin, without a slash at its end. */
  readonly url: string;
  /** What oma and codex call the OAuth issuer. */
  readonly issuerUrl: string;
  /** What oma calls the ChatGPT backend. */
  readonly baseUrl: string;
  /** The same backend under the name localhost: codex wants two origins (its chatgpt_base_url, and the base_url of its provider). */
  readonly chatgptBaseUrl: string;
  readonly port: number;
  readonly control: Control;
  readonly close: () => Promise<void>;
}

const DEMO_SEATS = 4;
const HEADERS_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 120_000;
// Longer than clients keep idle connections, so that none meets a closing one.
const KEEP_ALIVE_MS = 90_000;

/** Starts the simulated provider on loopback. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const host = options.host ?? '127.0.0.1';
  const clock = options.clock ?? Date.now;
  const log = createRequestLog();
  const start = { salt: options.salt ?? randomUUID(), seats: seatsOf(options.seats), settings: options.settings ?? {} };
  let world = newWorld(start, clock());
  const now = () => clock() + world.clockOffsetMs;
  const listener = createListener({ host, port: options.port ?? 0 }, (request, response) => {
    void serve(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming).catch((error: unknown) => {
      if (error instanceof BodyError) return error;
      throw error;
    });
    if (request instanceof BodyError) {
      await sendReply(json(request.status, { detail: request.message }), { incoming, response, atMs: now() });
      return;
    }
    if (request.path.startsWith(CONTROL_PREFIX)) {
      await sendReply(await handleControl(control, request), { incoming, response, atMs: now() });
      return;
    }
    const atMs = now();
    const handled = handle(world, request, atMs);
    world = handled.world;
    const end = log.add(request, { note: handled.note, status: statusOf(handled.reply), atMs });
    end(await sendReply(handled.reply, { incoming, response, atMs }).catch((): Ending => 'client-closed'));
  };

  const control = createControl({
    world: () => world,
    setWorld: (next) => void (world = next),
    now,
    log,
    setOffline: listener.setOffline,
    start,
  });
  const port = await listener.open();
  const url = `http://${host === '::1' ? '[::1]' : host}:${port}`;
  const chatgptBaseUrl = `http://localhost:${port}/backend-api`;
  return {
    url,
    issuerUrl: url,
    baseUrl: `${url}/backend-api`,
    chatgptBaseUrl,
    port,
    control,
    close: () => listener.setOffline(true),
  };
}

interface Listener {
  readonly open: () => Promise<number>;
  readonly setOffline: (offline: boolean) => Promise<void>;
}

// Going offline and coming back keeps the port, so that clients meet "connection refused" and then the same simulator again.
function createListener(
  at: { host: string; port: number },
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Listener {
  let port = at.port;
  let server: Server | null = null;
  const open = async (): Promise<number> => {
    if (server !== null) return port;
    const opened = createServer(
      { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS },
      onRequest,
    );
    server = opened;
    port = await listen(opened, { host: at.host, port });
    return port;
  };
  const shut = async (): Promise<void> => {
    const closing = server;
    server = null;
    if (closing === null) return;
    const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
    closing.closeAllConnections();
    await closed;
  };
  return { open, setOffline: (offline) => (offline ? shut() : open().then(() => undefined)) };
}

function listen(server: Server, at: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : at.port);
    });
  });
}

function seatsOf(seats: SimulatorOptions['seats']): readonly SeatInput[] {
  return typeof seats === 'object' ? seats : demoSeats(seats ?? DEMO_SEATS);
}

function statusOf(reply: Reply): number | null {
  return reply.kind === 'answer' ? reply.status : null;
}
