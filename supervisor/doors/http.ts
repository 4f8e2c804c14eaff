import { createServer, type Server } from 'node:http';

import { isLoopbackHost } from '../../contract/address.ts';
import { ERRORS, OmaError } from '../../contract/errors.ts';
import type { Answer, AppOptions } from './app.ts';
import { readStaticFiles } from './static.ts';

/** Ports tried above the wanted one when it is busy. */
const PORT_TRIES_MAX = 50;

/** A request must have arrived within this time, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30 * 1_000;

/** The application is loaded so long after the door has opened, in milliseconds; a start is over by then. */
const LOAD_DELAY_MS = 250;

/** What the dashboard's door needs. */
export interface HttpDoorOptions extends AppOptions {
  readonly host: string;
  readonly port: number;
  readonly uiDirectory: string;
}

/** The open door. */
export interface HttpDoor {
  readonly url: string;
  readonly port: number;
  close: () => Promise<void>;
}

/** Opens the loopback door; a busy port moves it to the next free one. Errors: NON_LOOPBACK_HOST, PORT_UNAVAILABLE. */
export async function openHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  refuseNonLoopback(options.host);
  const application = loadedLater(options);
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      application().then(
        (answer) => answer(request, response),
        (error: unknown) => {
          options.onError(error, options.requestId());
          response.writeHead(ERRORS.INTERNAL.http).end();
        },
      );
    },
  );
  const port = await listenFrom(server, options.host, options.port);
  return {
    port,
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${String(port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** Refuses every address that other machines could reach. Errors: NON_LOOPBACK_HOST. */
export function refuseNonLoopback(host: string): void {
  if (isLoopbackHost(host)) return;
  throw new OmaError(
    'NON_LOOPBACK_HOST',
    'The dashboard listens on loopback only, so that no other machine can reach your accounts. Use 127.0.0.1, ::1 or localhost.',
    { host },
  );
}

/**
 * Loads the application with the first request, or soon after the start.
 * Why: the libraries are a quarter of a start; why soon: an update must not take their files away first.
 */
function loadedLater(options: HttpDoorOptions): () => Promise<Answer> {
  let answer: Promise<Answer> | null = null;
  const load = async (): Promise<Answer> => {
    const [{ answerWith, createApp }, files] = await Promise.all([
      import('./app.ts'),
      readStaticFiles(options.uiDirectory),
    ]);
    return answerWith(createApp(options, files));
  };
  const application = (): Promise<Answer> => (answer ??= load());
  setTimeout(() => {
    // Whoever asks hears of a failure; nobody has yet.
    application().catch(() => undefined);
  }, LOAD_DELAY_MS).unref();
  return application;
}

async function listenFrom(server: Server, host: string, port: number): Promise<number> {
  for (let offset = 0; offset < PORT_TRIES_MAX; offset += 1) {
    const wanted = port === 0 ? 0 : port + offset;
    if (wanted > 65_535) break;
    const bound = await tryListen(server, host, wanted);
    if (bound !== null) return bound;
  }
  throw new OmaError(
    'PORT_UNAVAILABLE',
    `No port from ${String(port)} on is free for the dashboard. Name another one with --port.`,
    { port },
  );
}

/** The port, or null when it is in use. */
function tryListen(server: Server, host: string, port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else
        reject(
          new OmaError(
            'PORT_UNAVAILABLE',
            `The dashboard cannot listen on ${host} (${error.code ?? 'unknown reason'}). Use 127.0.0.1.`,
            { host },
            error,
          ),
        );
    };
    server.once('error', onError);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', onError);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
