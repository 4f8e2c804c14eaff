import type { Fetch } from '../../plugin/request.ts';

/** One request as it arrived upstream. */
export interface Arrival {
  readonly url: string;
  readonly account: string;
  readonly token: string;
  readonly body: string;
  readonly init: RequestInit;
}

export type Answerer = (arrival: Arrival) => Response | Promise<Response>;

export interface FakeUpstream {
  readonly fetch: Fetch;
  readonly arrivals: readonly Arrival[];
}

/** Frames one server-sent event as the Responses API does. */
export function sse(type: string, fields: Readonly<Record<string, unknown>> = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/** A whole streamed answer. */
export const ANSWER: readonly [string, string, string, string, string] = [
  sse('response.created', { response: { id: 'resp_1', error: null } }),
  sse('response.in_progress', { response: { id: 'resp_1', error: null } }),
  sse('response.output_item.added', { item: { id: 'msg_1' } }),
  sse('response.output_text.delta', { delta: 'hello' }),
  sse('response.completed', { response: { id: 'resp_1', status: 'completed', error: null } }),
];

/** A stream of these chunks; `failure` breaks it off after them. */
export function streamOf(chunks: readonly (string | Uint8Array)[], failure?: Error): ReadableStream<Uint8Array> {
  const left = chunks.map((chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk));
  return new ReadableStream(
    {
      pull(controller) {
        const next = left.shift();
        if (next !== undefined) controller.enqueue(next);
        else if (failure === undefined) controller.close();
        else controller.error(failure);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A streamed answer of status 200. */
export function streamed(chunks: readonly string[] = ANSWER, failure?: Error): Response {
  return new Response(streamOf(chunks, failure), { headers: { 'content-type': 'text/event-stream' } });
}

/** A JSON answer. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}

/** Answers the requests in order, the last answerer for ever. */
export function fakeUpstream(...answerers: readonly Answerer[]): FakeUpstream {
  const arrivals: Arrival[] = [];
  return {
    arrivals,
    fetch: async (input, init = {}) => {
      init.signal?.throwIfAborted();
      const headers = new Headers(init.headers);
      const arrival = {
        url: input instanceof Request ? input.url : input.toString(),
        account: headers.get('chatgpt-account-id') ?? '',
        token: headers.get('authorization') ?? '',
        body: init.body === null || init.body === undefined ? '' : await new Response(init.body).text(),
        init,
      };
      const answerer = answerers[Math.min(arrivals.length, answerers.length - 1)];
      arrivals.push(arrival);
      if (answerer === undefined) throw new Error('No answer was prepared.');
      return answerer(arrival);
    },
  };
}
