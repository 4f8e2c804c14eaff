import { OmaError } from '../contract/errors.ts';
import type { LoginMethod } from '../contract/login.ts';
import type { Params, Result } from '../contract/operation.ts';
import type { TokenSet, WorkerOperations } from '../contract/worker-operations.ts';
import type { Deps } from './deps.ts';
import { loginCancelled } from './login.ts';
import { beginLogin, type Begun } from './login-methods.ts';
import { loginRefused, readCallback } from './oauth.ts';
import { foreignPaste, readPasted } from './paste.ts';
import { upstreamUrl } from './upstream.ts';

/** The logins under way. */
export interface Logins {
  begin: (params: Params<WorkerOperations, 'login.begin'>) => Promise<Result<WorkerOperations, 'login.begin'>>;
  finish: (loginId: string) => Promise<TokenSet>;
  paste: (loginId: string, pasted: string) => void;
  cancel: (loginId: string) => Promise<void>;
  /** Cancels them all; nothing can begin after it. */
  close: () => Promise<void>;
}

/** Logins that may be under way at once. */
export const LOGINS_MAX = 32;

/** The outcome of a login that nobody asks for is forgotten after this time, in milliseconds. */
const KEEP_MS = 60_000;

/** Creates the registry of logins. */
export function createLogins(deps: Deps): Logins {
  const starting = new Map<string, Starting>();
  const open = new Map<string, Begun>();
  const closing = new AbortController();

  const find = (loginId: string): Begun => {
    const begun = open.get(loginId);
    if (begun === undefined) throw new OmaError('LOGIN_NOT_FOUND', 'This login is unknown or over. Begin a new one.');
    return begun;
  };

  const keep = (method: LoginMethod, begun: Begun): Result<WorkerOperations, 'login.begin'> => {
    const { login, url, userCode, instructions, expiresAtMs } = begun;
    open.set(login.loginId, begun);
    const forget = (): void => void deps.after(KEEP_MS, () => open.delete(login.loginId));
    login.outcome.then(forget, forget);
    return { method, url, userCode, instructions, expiresAtMs };
  };

  const cancel = async (loginId: string): Promise<void> => {
    const { login } = find(loginId);
    login.fail(loginCancelled());
    await login.outcome.catch(() => undefined);
  };

  return {
    async begin({ loginId, method, issuerUrl }) {
      const issuer = upstreamUrl(issuerUrl);
      if (issuer === null)
        throw new OmaError(
          'INVALID_PARAMS',
          'The issuer address is neither https nor http on loopback. Correct OPENCODE_MULTI_AUTH_ISSUER_URL.',
        );
      if (closing.signal.aborted) throw loginCancelled();
      refuseToBegin({ loginId, method }, starting, open);
      const begun = beginLogin(deps, method, { loginId, issuerUrl: issuer, signal: closing.signal });
      starting.set(loginId, { method, begun });
      try {
        return keep(method, await begun);
      } finally {
        starting.delete(loginId);
      }
    },
    async finish(loginId) {
      try {
        return await find(loginId).login.outcome;
      } finally {
        open.delete(loginId);
      }
    },
    paste: (loginId, pasted) => paste(find(loginId), pasted, open),
    cancel,
    async close() {
      closing.abort();
      await Promise.allSettled([...starting.values()].map(({ begun }) => begun));
      await Promise.all([...open.keys()].map(cancel));
    },
  };
}

interface Starting {
  readonly method: LoginMethod;
  readonly begun: Promise<Begun>;
}

function refuseToBegin(
  { loginId, method }: { readonly loginId: string; readonly method: LoginMethod },
  starting: ReadonlyMap<string, Starting>,
  open: ReadonlyMap<string, Begun>,
): void {
  if (starting.has(loginId) || open.has(loginId))
    throw new OmaError('OPERATION_IN_PROGRESS', `The login ${loginId} has begun already.`, { loginId });
  if (starting.size + open.size >= LOGINS_MAX)
    throw new OmaError(
      'OPERATION_IN_PROGRESS',
      `${LOGINS_MAX} logins are under way already. Finish or cancel one of them first.`,
    );
  if (method !== 'browser') return;
  const listening =
    [...starting].find(([, other]) => other.method === 'browser')?.[0] ??
    [...open.values()].find(({ login }) => login.method === 'browser' && !login.waiting.aborted)?.login.loginId;
  if (listening === undefined) return;
  throw new OmaError(
    'OPERATION_IN_PROGRESS',
    'Another login waits for its answer from a browser, and only one can at a time. Finish or cancel that one first, or log in with a code (--device).',
    { loginId: listening },
  );
}

/** Errors: INVALID_PARAMS, LOGIN_REFUSED. */
function paste({ pasteInto }: Begun, pasted: string, open: ReadonlyMap<string, Begun>): void {
  if (pasteInto === null)
    throw new OmaError(
      'INVALID_PARAMS',
      'This is a login with a device code: there is nothing to paste. Type the code on the page that was shown.',
    );
  const query = readPasted(pasted);
  // A bare code names no state; PKCE still ties it to this login.
  if (!query.has('state') && query.has('code')) query.set('state', pasteInto.state);
  const callback = readCallback(query, pasteInto.state);
  if (callback.kind === 'foreign') throw foreignPaste(ownerOf(query.get('state'), open));
  if (callback.kind === 'empty')
    throw new OmaError(
      'INVALID_PARAMS',
      'The code in what was pasted is empty or far too long. Copy the whole address of the last page again.',
    );
  pasteInto.accept(callback);
  if (callback.kind === 'refused') throw loginRefused(callback.error);
}

function ownerOf(state: string | null, open: ReadonlyMap<string, Begun>): string | null {
  return (
    [...open.values()].find(({ pasteInto, login }) => pasteInto?.state === state && !login.waiting.aborted)?.login
      .loginId ?? null
  );
}
