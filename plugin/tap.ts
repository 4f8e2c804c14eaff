import { createEventWatch, type StreamVerdict } from './event-watch.ts';
import type { ChunkReader, Opening } from './first-event.ts';

/**
 * How a handed-on body came to its end: as its events said, by a broken connection or an abort, without a last event,
 * or because the host let go of it.
 */
export type StreamEnd =
  | StreamVerdict
  | { readonly kind: 'cut'; readonly error: unknown }
  | { readonly kind: 'short' }
  | { readonly kind: 'cancelled' };

/** A body whose beginning was read already. */
export interface Source {
  readonly opening: Pick<Opening, 'held' | 'ended'>;
  readonly reader: ChunkReader;
}

/** Who wants to know of the end. */
export interface Listener {
  readonly signal: AbortSignal | null;
  /** Called once. */
  readonly onEnd: (end: StreamEnd) => void;
}

/**
 * Hands a body on chunk by chunk, untouched and only as fast as it is read, and tells how it ended.
 * Why: the end is told with the event that completes the answer, not with the end of the stream, because a host may
 * stop reading there; and with an abort, because
 * a host that gives a request up may leave its body unread.
 */
export function tapBody({ opening, reader }: Source, { signal, onEnd }: Listener): ReadableStream<Uint8Array> {
  const held = [...opening.held];
  const watch = createEventWatch();
  let told = false;
  const tell = (end: StreamEnd): void => {
    if (told) return;
    told = true;
    signal?.removeEventListener('abort', onAbort);
    onEnd(watch.verdict() ?? end);
  };
  const onAbort = (): void => tell({ kind: 'cut', error: signal?.reason });
  signal?.addEventListener('abort', onAbort, { once: true });
  const follow = (chunk: Uint8Array): void => {
    watch.push(chunk);
    if (watch.isCompleted()) tell({ kind: 'completed' });
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await next(held, opening.ended, reader);
          if (done) controller.close();
          else controller.enqueue(value);
          if (done) tell({ kind: 'short' });
          else if (!told) follow(value);
        } catch (error) {
          controller.error(error);
          tell({ kind: 'cut', error });
        }
      },
      async cancel(reason) {
        tell({ kind: 'cancelled' });
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

async function next(held: Uint8Array[], ended: boolean, reader: ChunkReader): ReturnType<ChunkReader['read']> {
  const value = held.shift();
  if (value !== undefined) return { done: false, value };
  return ended ? { done: true, value: undefined } : await reader.read();
}
