/** What the shell does with the socket; the only thing the pure part hands out. */
export type Reply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly chunks: readonly (string | Uint8Array)[];
      /** `cut` destroys the socket after the last chunk, `stall` leaves it open for ever. */
      readonly ending: 'end' | 'cut' | 'stall';
      /** Wait before the headers. */
      readonly delayMs: number;
      /** Wait before each chunk but the first. */
      readonly chunkDelayMs: number;
    }
  /** Not a byte: the connection is reset, or stays open for ever. */
  | { readonly kind: 'silence'; readonly ending: 'cut' | 'stall'; readonly delayMs: number };

export type Answer = Extract<Reply, { kind: 'answer' }>;
export type Headers = Readonly<Record<string, string>>;

export function json(status: number, body: unknown, headers: Headers = {}): Answer {
  return whole(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
}

export function html(status: number, body: string, headers: Headers = {}): Answer {
  return whole(status, body, { 'content-type': 'text/html; charset=utf-8', ...headers });
}

export function redirect(location: string): Answer {
  return whole(302, '', { location });
}

export function silence(ending: 'cut' | 'stall'): Reply {
  return { kind: 'silence', ending, delayMs: 0 };
}

export function delayed<R extends Reply>(reply: R, delayMs: number): R {
  return { ...reply, delayMs: reply.delayMs + delayMs };
}

function whole(status: number, body: string, headers: Headers): Answer {
  return {
    kind: 'answer',
    status,
    headers,
    chunks: body === '' ? [] : [body],
    ending: 'end',
    delayMs: 0,
    chunkDelayMs: 0,
  };
}
