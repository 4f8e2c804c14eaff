import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { OmaError } from '../contract/errors.ts';
import { type Callback, CALLBACK_PATH, readCallback, redirectUriFor } from './oauth.ts';
import { PAGE_HEADERS, type PageText, renderPage } from './page.ts';

/** A listener that waits for the browser to come back. */
export interface CallbackServer {
  readonly redirectUri: string;
  /** Frees the port at once and ends what is still connected. */
  close: () => Promise<void>;
}

/** The two ends of a login that a callback can bring. */
export type FinalCallback = Extract<Callback, { kind: 'code' | 'refused' }>;

/** What the listener waits for. */
export interface CallbackOptions {
  /** Tried in order; 0 stands for any free one. */
  readonly ports: readonly number[];
  readonly state: string;
  /** Called once, after the browser has its page. */
  readonly onCallback: (callback: FinalCallback) => void;
}

/**
 * Listens on the first free port, on every loopback address that `localhost` can mean.
 * Errors: LOGIN_PORTS_BUSY.
 */
export async function listenForCallback(options: CallbackOptions): Promise<CallbackServer> {
  const serve = pageServer(options);
  for (const port of options.ports) {
    const bound = await bindLoopback(port, serve);
    if (bound === null) continue;
    const [first] = bound;
    return { redirectUri: redirectUriFor(portOf(first)), close: () => closeAll(bound) };
  }
  throw portsBusy(options.ports);
}

const CONNECTIONS_MAX = 32;
/** A browser sends its request at once; whoever does not is no browser. */
const REQUEST_TIMEOUT_MS = 10_000;

type Serve = (request: IncomingMessage, response: ServerResponse) => void;
type Bound = readonly [Server, ...Server[]];

function pageServer({ state, onCallback }: CallbackOptions): Serve {
  let isOver = false;
  return (request, response) => {
    const callback = callbackOf(request, state);
    const { status, ...text } = pageFor(callback, isOver);
    response.writeHead(status, PAGE_HEADERS).end(request.method === 'HEAD' ? undefined : renderPage(text));
    if (isOver || (callback?.kind !== 'code' && callback?.kind !== 'refused')) return;
    isOver = true;
    // Only then may the listener close: a browser that is cut off shows an error page after a login that worked.
    response.once('close', () => onCallback(callback));
  };
}

/** Null is a stray request: another path, another method, or no address at all. */
function callbackOf({ method, url }: IncomingMessage, state: string): Callback | null {
  const address =
    method === 'GET' && url !== undefined && URL.canParse(url, 'http://localhost')
      ? new URL(url, 'http://localhost')
      : null;
  return address?.pathname === CALLBACK_PATH ? readCallback(address.searchParams, state) : null;
}

function pageFor(callback: Callback | null, isOver: boolean): PageText & { readonly status: number } {
  if (callback === null)
    return { status: 404, title: 'Nothing here', text: 'This address only waits for a login of oma.' };
  if (isOver)
    return {
      status: 409,
      title: 'Already done',
      text: 'oma has the answer of this login already. You can close this page.',
    };
  switch (callback.kind) {
    case 'code':
      return {
        status: 200,
        title: 'Thank you',
        text: 'oma has what it needs and completes the login now. You can close this page.',
      };
    case 'refused':
      return {
        status: 403,
        title: 'Not logged in',
        text: `The provider did not let this login through (${callback.error}). oma says more; you can close this page.`,
      };
    case 'foreign':
      return {
        status: 400,
        title: 'Another login',
        text: 'This answer belongs to another login than the one oma waits for here, so it was ignored. If oma asked you to paste an address, copy the address of this page.',
      };
    case 'empty':
      return {
        status: 400,
        title: 'No code',
        text: 'This answer holds no code, so it was ignored. Go back to the sign-in page and try again.',
      };
  }
}

/** Null when the port is taken on any of the addresses: a browser could otherwise reach somebody else's listener with the code. */
async function bindLoopback(port: number, serve: Serve): Promise<Bound | null> {
  const first = await bind({ host: '127.0.0.1', port }, serve);
  if (typeof first === 'string') return null;
  // Browsers resolve `localhost` to both addresses themselves, whatever the hosts file says.
  const second = await bind({ host: '::1', port: portOf(first) }, serve);
  if (typeof second !== 'string') return [first, second];
  if (NO_SUCH_ADDRESS.has(second)) return [first];
  await closeAll([first]);
  return null;
}

/** The machine has no IPv6 loopback. */
const NO_SUCH_ADDRESS: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** Resolves with the listening server, or with the code of the error. */
function bind(at: { readonly host: string; readonly port: number }, serve: Serve): Promise<Server | string> {
  const server = createServer({ headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }, serve);
  server.maxConnections = CONNECTIONS_MAX;
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'UNKNOWN'));
    server.listen({ ...at, exclusive: true }, () => resolve(server));
  });
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map(close));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('A listening TCP server has a port.');
  return address.port;
}

function portsBusy(ports: readonly number[]): OmaError {
  const list = ports.join(' and ');
  return new OmaError(
    'LOGIN_PORTS_BUSY',
    `The browser login needs port ${list}, the only ones the provider accepts, and they are in use: most likely by another login that is under way ("codex login", an editor's codex extension, another oma). Finish or close that one, or log in without a port: with a device code (--device) or by pasting the address (--paste).`,
    { ports },
  );
}
