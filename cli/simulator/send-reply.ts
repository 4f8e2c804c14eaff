import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

import type { Answer, Reply } from './reply.ts';
import type { Ending } from './request-log.ts';

/** The two halves of one HTTP exchange, and when it is for the simulator, whose clock may be another than this machine's. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly atMs: number;
}

/** Does with the socket what the reply says; resolves with how the exchange ended. */
export async function sendReply(reply: Reply, exchange: Exchange): Promise<Ending> {
  const { response } = exchange;
  response.setHeader('date', new Date(exchange.atMs).toUTCString());
  const gone = new AbortController();
  const onClose = () => gone.abort();
  response.once('close', onClose);
  try {
    if (reply.delayMs > 0) await wait(reply.delayMs, undefined, { signal: gone.signal });
    if (reply.kind === 'answer') await sendAnswer(reply, response, gone.signal);
    if (reply.ending === 'stall') return await untilGone(response);
    if (reply.ending === 'cut') return await cut(reply, exchange);
    response.off('close', onClose);
    await finish(response, gone.signal);
    return 'sent';
  } catch (error) {
    if (gone.signal.aborted) return 'client-closed';
    throw error;
  }
}

async function sendAnswer(reply: Answer, response: ServerResponse, signal: AbortSignal): Promise<void> {
  response.writeHead(reply.status, { ...reply.headers });
  response.flushHeaders();
  for (const [index, chunk] of reply.chunks.entries()) {
    if (index > 0 && reply.chunkDelayMs > 0) await wait(reply.chunkDelayMs, undefined, { signal });
    signal.throwIfAborted();
    if (!response.write(chunk)) await once(response, 'drain', { signal });
  }
}

async function finish(response: ServerResponse, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const closed = once(response, 'close');
  response.end();
  await closed;
  if (!response.writableFinished) throw new Error('The client went away before it had everything.');
}

async function untilGone(response: ServerResponse): Promise<Ending> {
  if (!response.closed) await once(response, 'close');
  return 'client-closed';
}

// A cut before the headers is a reset; later the bytes sent so far must arrive first, so the socket is only ended.
async function cut(reply: Reply, { incoming, response }: Exchange): Promise<Ending> {
  if (reply.kind === 'silence') {
    incoming.socket.resetAndDestroy();
  } else {
    await new Promise<void>((resolve) => response.write('', () => resolve()));
    incoming.socket.destroySoon();
  }
  return 'cut';
}
