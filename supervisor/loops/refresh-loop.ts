import { isOmaError } from '../../contract/errors.ts';
import { REFRESH_AHEAD_MS } from '../core/credentials.ts';
import type { Context } from '../operations/context.ts';
import type { Refresher } from '../operations/refresher.ts';

/** Tokens are looked at this often, in milliseconds. */
const PERIOD_MS = 60 * 1_000;

/** Renews tokens before they expire, so that a request rarely has to wait for it. Disabled accounts are left alone. */
export function startRefreshLoop(context: Context, refresher: Refresher): () => void {
  let isOver = false;
  let cancel: () => void = () => undefined;
  const turn = async (): Promise<void> => {
    for (const { alias, credentials } of due(context)) {
      if (isOver) return;
      await refresher.renew(alias, credentials.accessToken).catch((error: unknown) => {
        context.log.warn(
          { alias, code: isOmaError(error) ? error.code : 'INTERNAL' },
          'refresh ahead of expiry failed',
        );
      });
    }
    if (!isOver) cancel = context.later(PERIOD_MS, () => void turn());
  };
  cancel = context.later(PERIOD_MS, () => void turn());
  return () => {
    isOver = true;
    cancel();
  };
}

function due({ store, now }: Context): ReturnType<Context['store']['read']>['accounts'] {
  const at = now();
  return store
    .read()
    .accounts.filter(
      ({ availability, auth, credentials }) =>
        availability.enabled && auth.state === 'ok' && credentials.expiresAt - at < REFRESH_AHEAD_MS,
    );
}
