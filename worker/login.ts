import { OmaError } from '../contract/errors.ts';
import type { LoginMethod } from '../contract/login.ts';
import type { EpochMs } from '../contract/scalars.ts';
import type { TokenSet } from '../contract/worker-operations.ts';
import type { Deps } from './deps.ts';
import { exchangeCode, type Grant } from './oauth.ts';

/** One login from its beginning to its tokens or its failure. */
export interface Login {
  readonly loginId: string;
  readonly method: LoginMethod;
  /** Settles once, after what the login held is free again. */
  readonly outcome: Promise<TokenSet>;
  /** Aborts as soon as the login waits for nobody any more. */
  readonly waiting: AbortSignal;
  /** Exchanges the code; only the first one counts. */
  complete: (grant: Grant) => void;
  /** Ends the login with a failure; without effect once it is over. */
  fail: (error: unknown) => void;
}

/** How a login is opened. */
export interface LoginOptions {
  readonly loginId: string;
  readonly method: LoginMethod;
  readonly issuerUrl: string;
  readonly expiresAtMs: EpochMs;
  /** Frees what the login holds while it waits. */
  readonly release: () => Promise<void>;
}

/** Opens a login that waits for a person until it expires. */
export function openLogin(deps: Deps, { loginId, method, issuerUrl, expiresAtMs, release }: LoginOptions): Login {
  const { promise, resolve, reject } = Promise.withResolvers<TokenSet>();
  const waiting = new AbortController();
  const exchange = new AbortController();
  let freed: Promise<void> | null = null;

  const stopWaiting = (): Promise<void> => {
    stopTimer();
    waiting.abort();
    freed ??= release();
    return freed;
  };
  const settle = (settling: () => void): void => {
    exchange.abort();
    void stopWaiting().then(settling);
  };
  const fail = (error: unknown): void => settle(() => reject(error));
  const complete = (grant: Grant): void => {
    if (waiting.signal.aborted) return;
    void stopWaiting();
    exchangeCode(deps, issuerUrl, { grant, signal: exchange.signal }).then(
      (tokens) => settle(() => resolve(tokens)),
      fail,
    );
  };
  const stopTimer = deps.after(expiresAtMs - deps.now(), () => fail(timedOut()));

  // Nobody may be waiting yet, or ever: a failure of this login must not be one of the process.
  promise.catch(() => undefined);
  return { loginId, method, outcome: promise, waiting: waiting.signal, complete, fail };
}

/** The failure of a login that somebody cancelled. */
export function loginCancelled(): OmaError {
  return new OmaError('LOGIN_CANCELLED', 'The login was cancelled. Nothing was changed.');
}

function timedOut(): OmaError {
  return new OmaError(
    'LOGIN_TIMED_OUT',
    'Nobody finished the login in time, so it was ended. Nothing was changed. Begin it again.',
  );
}
