import { createServer, type Server } from 'node:http';

import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { setCookie } from 'hono/cookie';
import { secureHeaders } from 'hono/secure-headers';

import { isLoopbackHost } from '../../contract/env.ts';
import { type ErrorBody, ERRORS, isOmaError, OmaError } from '../../contract/errors.ts';
import { addEventStream, type Subscribe } from './event-stream.ts';
import { type Guard, SESSION_COOKIE } from './guard.ts';
import { addOperationRoutes, type Dispatch } from './router.ts';
import { readStaticFiles, type StaticFile } from './static.ts';

/** Ports tried above the wanted one when it is busy. */
const PORT_TRIES_MAX = 50;

/** A request must have arrived within this time, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30 * 1_000;

/** What the dashboard's door needs. */
export interface HttpDoorOptions {
  readonly host: string;
  readonly port: number;
  readonly uiDirectory: string;
  readonly guard: Guard;
  readonly dispatch: Dispatch;
  readonly subscribe: Subscribe;
  requestId: () => string;
  /** Prometheus text. */
  metrics: () => string;
  health: () => object;
  onError: (error: unknown, requestId: string) => void;
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
  const app = createApp(options, await readStaticFiles(options.uiDirectory));
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => void answer(request, response),
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

/** Builds the application without listening, so that tests can call it directly. */
export function createApp(options: HttpDoorOptions, files: ReadonlyMap<string, StaticFile>): Hono {
  const { guard, dispatch, subscribe, requestId } = options;
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: CONTENT_SECURITY_POLICY,
      referrerPolicy: 'no-referrer',
      xFrameOptions: 'DENY',
      strictTransportSecurity: false,
    }),
  );
  app.use(guard.sameSite);
  app.get('/healthz', () => Response.json(options.health()));
  app.get('/metrics', (context) => {
    guard.admit(context);
    return context.text(options.metrics());
  });
  addLaunch(app, guard);
  addOperationRoutes(app, { guard, dispatch, requestId });
  addEventStream(app, guard, subscribe);
  addFiles(app, files);
  app.notFound(() => {
    throw new OmaError('NOT_FOUND', 'There is no such address.');
  });
  app.onError((error) => {
    const id = requestId();
    if (!isOmaError(error)) options.onError(error, id);
    return failure(error, id);
  });
  return app;
}

const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** Exchanges the launch token for the cookie and takes it out of the address bar. */
function addLaunch(app: Hono, guard: Guard): void {
  app.get('/launch', (context) => {
    if (!guard.isLaunchToken(context.req.query('token') ?? ''))
      throw new OmaError('UNAUTHORIZED', 'This launch address is not valid. Open the dashboard with "oma open".');
    setCookie(context, SESSION_COOKIE, guard.sessionValue, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: 30 * 24 * 60 * 60,
    });
    context.header('Cache-Control', 'no-store');
    return context.redirect('/', 303);
  });
}

/** The page itself holds nothing worth guarding; everything it shows comes from the guarded API. */
function addFiles(app: Hono, files: ReadonlyMap<string, StaticFile>): void {
  app.get('*', async (context, next) => {
    const file = files.get(context.req.path === '/' ? '/index.html' : context.req.path);
    if (file === undefined) {
      await next();
      return;
    }
    return context.body(file.body, 200, {
      'Content-Type': file.type,
      'Cache-Control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  });
}

function failure(error: unknown, requestId: string): Response {
  const known = isOmaError(error)
    ? error
    : new OmaError(
        'INTERNAL',
        'oma made a mistake; its log has the cause under this request id. Try again, or report it.',
      );
  const { code, message, details } = known;
  const body: ErrorBody = details === undefined ? { code, message, requestId } : { code, message, details, requestId };
  return Response.json(body, { status: ERRORS[code].http, headers: allowHeader(known) });
}

function allowHeader({ code, details }: OmaError): Record<string, string> {
  const allow = details?.['allow'];
  return code === 'METHOD_NOT_ALLOWED' && Array.isArray(allow) ? { Allow: allow.join(', ') } : {};
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
