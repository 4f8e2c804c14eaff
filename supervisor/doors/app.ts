import type { IncomingMessage, ServerResponse } from 'node:http';

import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { setCookie } from 'hono/cookie';
import { secureHeaders } from 'hono/secure-headers';

import { type ErrorBody, ERRORS, isOmaError, OmaError } from '../../contract/errors.ts';
import { addEventStream, type Subscribe } from './event-stream.ts';
import { type Guard, SESSION_COOKIE } from './guard.ts';
import { addOperationRoutes, type Dispatch } from './router.ts';
import type { StaticFile } from './static.ts';

/** What Prometheus wants its text format to be called. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What the application leads to. */
export interface AppOptions {
  readonly guard: Guard;
  readonly dispatch: Dispatch;
  readonly subscribe: Subscribe;
  requestId: () => string;
  /** Prometheus text. */
  metrics: () => string;
  health: () => object;
  onError: (error: unknown, requestId: string) => void;
}

/** Answers the requests of a server. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Makes an application answer the requests of a server. */
export function answerWith(app: Hono): Answer {
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (request, response) => void answer(request, response);
}

/** Builds the application without listening, so that tests can call it directly. */
export function createApp(options: AppOptions, files: ReadonlyMap<string, StaticFile>): Hono {
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
    return context.body(options.metrics(), 200, { 'content-type': METRICS_TYPE });
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
