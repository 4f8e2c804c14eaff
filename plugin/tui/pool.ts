import type { AccountView } from '../../contract/account.ts';
import type { OmaEvent } from '../../contract/event.ts';
import type { Notice } from '../../contract/notice.ts';
import type { Client } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import type { Status } from '../../contract/status.ts';
import { type Backoff, backoffMs } from '../backoff.ts';
import type { Line } from '../link.ts';
import type { Wait } from '../wait.ts';
import { createOnlyLine } from './only-line.ts';

/** What is known of the accounts. Shape: null = no supervisor answers, or none has yet. */
export interface PoolView {
  readonly accounts: readonly AccountView[];
  readonly status: Status;
  /** Which account served a session of OpenCode last, by session id. */
  readonly served: ReadonlyMap<string, string>;
}

export interface PoolDeps {
  /** Connects; starts the supervisor only if `mayStart`. */
  readonly connect: (mayStart: boolean) => Promise<Line>;
  readonly onChange: (view: PoolView | null) => void;
  /** Is told what the supervisor wants a person to know. */
  readonly onNotice: (notice: Notice) => void;
  readonly random: () => number;
  readonly wait: Wait;
}

/** The accounts as one terminal sees them, kept up to date by the supervisor's events. */
export interface Pool {
  readonly view: () => PoolView | null;
  /** For what a person asks: connects if need be, and starts the supervisor if it may. Errors: OmaError. */
  readonly use: () => Promise<Client<Operations>>;
  /** Reads everything again. Errors: OmaError. */
  readonly reload: () => Promise<void>;
  /** Follows the supervisor until the signal aborts, without ever starting it; never rejects. */
  readonly follow: (signal: AbortSignal) => Promise<void>;
}

/** Whoever only looks waits so long before looking again. */
const LOOK_AGAIN: Backoff = { baseMs: 1_000, maxMs: 5_000 };
/** Figures age without an event; so often they are read anew, in milliseconds. */
export const RELOAD_MS = 60_000;
/** Sessions whose account is remembered; more than anybody has open. */
export const SESSIONS_MAX = 200;
/** Choices made before this terminal came that are looked at. */
const PAST_DECISIONS = 20;

/** Makes a pool that is not connected yet. */
export function createPool({ connect, onChange, onNotice, random, wait }: PoolDeps): Pool {
  let view: PoolView | null = null;
  let served: ReadonlyMap<string, string> = new Map();
  const tell = (next: PoolView | null): void => {
    view = next;
    onChange(next);
  };
  const read = oneAtATime(async () => {
    const from = line.current();
    if (from === null) return;
    const { client } = from;
    const [{ accounts }, status] = await Promise.all([client['account.list']({}), client['status.get']({})]);
    if (line.current() === from) tell({ accounts, status, served });
  });
  const onEvent = (event: OmaEvent): void => {
    if (event.type === 'notice') onNotice(event);
    if (event.type === 'decision') served = withServed(served, event.decision);
    read().catch(() => undefined); // a line that ended tells so by itself
  };
  const greet = async ({ client, onEvent: listen }: Line): Promise<void> => {
    listen(onEvent);
    await client['session.subscribe']({});
    const { decisions } = await client['decision.list']({ limit: PAST_DECISIONS });
    served = decisions.toReversed().reduce(withServed, served);
    await read();
  };
  const line = createOnlyLine({ connect, greet, onLost: () => tell(null) });

  return {
    view: () => view,
    use: async () => (await line.open(true)).client,
    async reload() {
      await line.open(true);
      await read();
    },
    async follow(signal) {
      for (let failures = 0; !signal.aborted;) {
        // Whoever asks for something is told why it fails; whoever only looks sees that nobody answers.
        const found = await line.open(false).then(read).then(yes, no);
        failures = found ? 0 : failures + 1;
        if (failures === 1 && view === null) tell(null);
        const pause = wait(found ? RELOAD_MS : backoffMs(failures - 1, LOOK_AGAIN, random()), signal);
        await Promise.race(found ? [pause, line.over()] : [pause]).catch(no);
      }
      line.current()?.dispose();
    },
  };
}

const yes = (): boolean => true;
const no = (): boolean => false;

function withServed(
  served: ReadonlyMap<string, string>,
  { sessionId, selectedAlias }: { readonly sessionId: string | null; readonly selectedAlias: string | null },
): ReadonlyMap<string, string> {
  if (sessionId === null || selectedAlias === null) return served;
  const others = [...served].filter(([id]) => id !== sessionId).slice(1 - SESSIONS_MAX);
  return new Map([...others, [sessionId, selectedAlias]]);
}

/** Calls while one runs become one further run. */
function oneAtATime(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const begin = (): Promise<void> => {
    next = null;
    running = run().finally(() => {
      running = null;
    });
    return running;
  };
  return () => {
    if (running === null) return begin();
    next ??= running.then(begin, begin);
    return next;
  };
}
