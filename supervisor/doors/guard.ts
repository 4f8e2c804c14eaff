import { createHmac, timingSafeEqual } from 'node:crypto';

import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';

import { isLoopbackHost } from '../../contract/address.ts';
import { OmaError } from '../../contract/errors.ts';
import type { Secret } from '../../contract/scalars.ts';

/** The cookie a browser gets for the launch token. */
export const SESSION_COOKIE = 'oma_session';

/** A page of ours sends this header with every change; a foreign page cannot. */
export const CSRF_HEADER = 'x-oma-csrf';

/** Wrong tokens that are answered normally within a minute; more are refused unseen. */
const WRONG_TOKENS_MAX = 20;
const WRONG_TOKENS_WINDOW_MS = 60 * 1_000;

const READING = new Set(['GET', 'HEAD']);

/** Who passed the guard. */
export interface Visitor {
  readonly actor: 'dashboard' | 'api';
}

/** What the guard checks against. */
export interface GuardOptions {
  readonly token: Secret;
  port: () => number;
  now: () => number;
}

/** Decides who may come in. */
export interface Guard {
  /** Refuses foreign hosts and pages. Errors: FORBIDDEN_HOST, FORBIDDEN_ORIGIN. */
  readonly sameSite: MiddlewareHandler;
  /** Errors: UNAUTHORIZED, TOO_MANY_ATTEMPTS, CSRF_REQUIRED. */
  admit: (context: Context) => Visitor;
  /** Tells whether a launch token is the right one, and counts it if not. Errors: TOO_MANY_ATTEMPTS. */
  isLaunchToken: (token: string) => boolean;
  /** The cookie's value; it cannot be turned back into the token. */
  readonly sessionValue: string;
}

/** Creates the guard of the dashboard. Why: a loopback port is open to every local program and, through DNS rebinding, to every web page. */
export function createGuard({ token, port, now }: GuardOptions): Guard {
  const sessionValue = createHmac('sha256', token).update('oma dashboard session').digest('base64url');
  const wrong = createWrongTokens(now);
  const matches = (given: string, expected: string): boolean => {
    if (isEqual(given, expected)) return true;
    wrong.count();
    return false;
  };
  return {
    sessionValue,
    sameSite: async (context, next) => {
      refuseForeignHost(context.req.header('host'), port());
      refuseForeignOrigin(context.req.header('origin'), context.req.header('sec-fetch-site'), port());
      await next();
    },
    admit: (context) => {
      const bearer = /^Bearer (.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
      const cookie = getCookie(context, SESSION_COOKIE);
      if (bearer !== undefined || cookie !== undefined) wrong.refuseFlood();
      if (bearer !== undefined && matches(bearer, token)) return { actor: 'api' };
      if (bearer === undefined && cookie !== undefined && matches(cookie, sessionValue)) return admitPage(context);
      throw new OmaError(
        'UNAUTHORIZED',
        'The dashboard needs its launch token. Open it with "oma open", or send the token as a bearer.',
      );
    },
    isLaunchToken: (given) => {
      wrong.refuseFlood();
      return matches(given, token);
    },
  };
}

function admitPage(context: Context): Visitor {
  if (!READING.has(context.req.method) && context.req.header(CSRF_HEADER) !== '1') {
    throw new OmaError('CSRF_REQUIRED', `A change from a browser needs the header "${CSRF_HEADER}: 1".`);
  }
  return { actor: 'dashboard' };
}

function refuseForeignHost(host: string | undefined, port: number): void {
  const { name, number } = splitHost(host ?? '');
  if (isLoopbackHost(name) && number === port) return;
  throw new OmaError('FORBIDDEN_HOST', 'This address is not the dashboard. Open it with "oma open".');
}

function refuseForeignOrigin(origin: string | undefined, site: string | undefined, port: number): void {
  const isForeignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (!isForeignSite && (origin === undefined || isOurOrigin(origin, port))) return;
  throw new OmaError('FORBIDDEN_ORIGIN', 'Another web page sent this request, so it was refused.');
}

function isOurOrigin(origin: string, port: number): boolean {
  const { name, number } = splitHost(/^http:\/\/([^/]+)$/.exec(origin)?.[1] ?? '');
  return isLoopbackHost(name) && number === port;
}

function splitHost(host: string): { readonly name: string; readonly number: number } {
  const match = /^(\[[^\]]+\]|[^:]*)(?::(\d{1,5}))?$/.exec(host);
  return { name: match?.[1] ?? '', number: Number(match?.[2] ?? '80') };
}

/** Why: comparing lengths and bytes must not tell how much of a guess was right. */
function isEqual(a: string, b: string): boolean {
  const left = createHmac('sha256', 'compare').update(a).digest();
  const right = createHmac('sha256', 'compare').update(b).digest();
  return timingSafeEqual(left, right);
}

function createWrongTokens(now: () => number): { count: () => void; refuseFlood: () => void } {
  let since = 0;
  let seen = 0;
  const isOver = (): boolean => now() - since > WRONG_TOKENS_WINDOW_MS;
  return {
    count: () => {
      if (isOver()) {
        since = now();
        seen = 0;
      }
      seen += 1;
    },
    refuseFlood: () => {
      if (seen >= WRONG_TOKENS_MAX && !isOver())
        throw new OmaError(
          'TOO_MANY_ATTEMPTS',
          'Too many wrong tokens were tried. Wait a minute, then open the dashboard with "oma open".',
        );
    },
  };
}
