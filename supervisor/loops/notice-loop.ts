import { NO_MEMORY, noticesOf } from '../core/notices.ts';
import type { Context } from '../operations/context.ts';
import type { Notices } from '../operations/notices.ts';

/** How things stand is compared this often, in milliseconds; what passes sooner is not worth a message. */
const PERIOD_MS = 2 * 1_000;

/** Tells a person what has crossed a line since the last look. Why: what stands at the start is no news. */
export function startNoticeLoop(context: Context, { tell }: Pick<Notices, 'tell'>): () => void {
  let [memory] = noticesOf(NO_MEMORY, inputOf(context), context.now());
  let cancel: () => void = () => undefined;
  const turn = (): void => {
    const [next, notices] = noticesOf(memory, inputOf(context), context.now());
    memory = next;
    for (const notice of notices) tell(notice);
    cancel = context.later(PERIOD_MS, turn);
  };
  cancel = context.later(PERIOD_MS, turn);
  return () => {
    cancel();
  };
}

function inputOf({ store, settings }: Context): Parameters<typeof noticesOf>[1] {
  return { state: store.read(), settings: settings.effective().settings };
}
