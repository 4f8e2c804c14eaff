import type { Context } from '../operations/context.ts';
import { expireForce, type ForceDeps } from '../operations/force.ts';

/** A force that ended is noticed at most this late when no request comes, in milliseconds. */
const PERIOD_MS = 5 * 1_000;

/** Ends a force when its time is over or its account is lost, also when no request asks. */
export function startForceExpiryLoop(context: Context, deps: ForceDeps): () => void {
  let isOver = false;
  let cancel: () => void = () => undefined;
  const turn = async (): Promise<void> => {
    await expireForce(deps).catch((error: unknown) => {
      context.log.warn({ cause: String(error) }, 'a force could not be ended now');
    });
    if (!isOver) cancel = context.later(PERIOD_MS, () => void turn());
  };
  cancel = context.later(PERIOD_MS, () => void turn());
  return () => {
    isOver = true;
    cancel();
  };
}
