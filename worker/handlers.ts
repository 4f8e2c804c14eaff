import type { Handlers } from '../contract/operation.ts';
import type { WorkerOperations } from '../contract/worker-operations.ts';
import type { Deps } from './deps.ts';
import { createLogins } from './logins.ts';
import { sendNotice } from './notice.ts';
import { refreshTokens } from './refresh.ts';
import { readUsage } from './usage.ts';

/** The worker's side of the contract, and the way to end everything it has under way. */
export interface Worker {
  readonly handlers: Handlers<WorkerOperations>;
  close: () => Promise<void>;
}

/** Creates the handlers. */
export function createHandlers(deps: Deps): Worker {
  const logins = createLogins(deps);
  return {
    handlers: {
      'session.hello': () => deps.hello,
      'session.ping': () => ({}),
      'login.begin': (params) => logins.begin(params),
      'login.finish': ({ loginId }) => logins.finish(loginId),
      'login.paste': ({ loginId, pasted }) => {
        logins.paste(loginId, pasted);
        return {};
      },
      'login.cancel': async ({ loginId }) => {
        await logins.cancel(loginId);
        return {};
      },
      // Not bound to the caller's signal: once sent, the answer is the only copy of the new token.
      'token.refresh': (params) => refreshTokens(deps, params),
      'clock.read': () => ({ clock: deps.clock.skew() }),
      'notice.send': (params) => sendNotice(deps, params),
      'usage.read': (params, { signal }) => readUsage(deps, params, signal),
    },
    close: () => logins.close(),
  };
}
