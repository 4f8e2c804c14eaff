import type { Outcome } from '../contract/failure.ts';
import type { Lease } from '../contract/lease.ts';
import type { EpochMs } from '../contract/scalars.ts';
import { type ChunkReader, readOpening } from './first-event.ts';
import {
  type Answer,
  isDisguisedFailure,
  judgeAnswer,
  judgeEvent,
  judgeThrown,
  outcomeOf,
  type Verdict,
} from './outcome.ts';
import { type Fetch, type HostRequest, requestAs } from './request.ts';
import { type StreamEnd, tapBody } from './tap.ts';
import { startTimer, type Timer } from './timer.ts';
import { abortable } from './wait.ts';

export interface SendDeps {
  readonly upstream: Fetch;
  readonly now: () => EpochMs;
  /** Set = wins over the address that the lease names. */
  readonly baseUrl: string | null;
}

/** One request as one account. */
export interface Sending {
  readonly request: HostRequest;
  readonly lease: Lease;
  /** Told once how an answer that was handed on has ended. */
  readonly onEnd: (outcome: Outcome) => void;
}

/** What became of a sending. */
export type Sent = { readonly kind: 'answered'; readonly response: Response } | Failed;

/** A failure before any output. */
export interface Failed {
  readonly kind: 'failed';
  readonly verdict: Verdict;
  readonly outcome: Outcome;
  /** What the host gets if nothing else is tried: the answer as it came, or the error thrown again. */
  readonly conclude: () => Response;
}

/** Of a refusal so much is read and handed on, in bytes. */
const ANSWER_BYTES_MAX = 256 * 1_024;
/** A refusal that is longer in coming is judged by what has come, in milliseconds. */
const ANSWER_WAIT_MS = 10_000;
const GATEWAY_ERROR = 502;

/** The body was decoded on its way here; and OpenCode obeys `retry-after` without a limit and without a word. */
const HEADERS_NOT_HANDED_ON = [
  'content-encoding',
  'content-length',
  'transfer-encoding',
  'retry-after',
  'retry-after-ms',
];

/** Sends a request as the account of a lease; rejects never. */
export async function send(deps: SendDeps, sending: Sending): Promise<Sent> {
  const { request, lease } = sending;
  const timer = startTimer(deps.now);
  try {
    const response = await deps.upstream(`${deps.baseUrl ?? lease.baseUrl}${request.path}`, requestAs(request, lease));
    return await (isStream(response) ? openStream(response, sending, timer) : readAnswer(response, sending, timer));
  } catch (error) {
    return failed(judgeThrown(error, request.signal, 'before-output'), timer, () => {
      throw error;
    });
  }
}

async function openStream(response: Response, { request, onEnd }: Sending, timer: Timer): Promise<Sent> {
  const reader = readerOf(response);
  const opening = await readOpening(reader, timer.firstByte);
  const verdict = opening.failure === null ? null : judgeEvent(opening.failure, response.status, timer.now());
  if (verdict !== null) {
    discard(reader);
    return failed(verdict, timer, () => handOn(response, opening.failure, GATEWAY_ERROR));
  }
  const { signal } = request;
  const listener = {
    signal,
    onEnd: (end: StreamEnd): void => onEnd(outcomeOf(verdictOf(end, signal, timer.now()), phaseOf(end), timer.read())),
  };
  if (opening.ended)
    return failed(noOutput(response.status), timer, () => handOn(response, textOf(opening.held), response.status));
  return { kind: 'answered', response: handOn(response, tapBody({ opening, reader }, listener), response.status) };
}

async function readAnswer(response: Response, { request, onEnd }: Sending, timer: Timer): Promise<Sent> {
  const reader = readerOf(response);
  const held: Uint8Array[] = [];
  const ended = await readBeginning(reader, held, request.signal);
  timer.firstByte();
  const { status, headers } = response;
  const answer: Answer = { status, headers, text: textOf(held) };
  if (response.ok && !isDisguisedFailure(answer)) {
    onEnd(outcomeOf(null, 'complete', timer.read()));
    const body = tapBody({ opening: { held, ended }, reader }, { signal: null, onEnd: () => undefined });
    return { kind: 'answered', response: handOn(response, body, status) };
  }
  if (!ended) discard(reader);
  return failed(judgeAnswer(answer, timer.now()), timer, () =>
    handOn(response, answer.text, response.ok ? GATEWAY_ERROR : status),
  );
}

/** Reads until the answer ends, is long enough or has taken long enough; tells whether that was all of it. */
async function readBeginning(reader: ChunkReader, held: Uint8Array[], signal: AbortSignal | null): Promise<boolean> {
  const deadline = AbortSignal.timeout(ANSWER_WAIT_MS);
  const either = signal === null ? deadline : AbortSignal.any([signal, deadline]);
  for (let bytes = 0; bytes < ANSWER_BYTES_MAX;) {
    try {
      const { done, value } = await abortable(reader.read(), either);
      if (done) return true;
      held.push(value);
      bytes += value.byteLength;
    } catch (error) {
      if (signal?.aborted === true || !deadline.aborted) throw error;
      discard(reader);
      return true;
    }
  }
  return false;
}

function verdictOf(end: StreamEnd, signal: AbortSignal | null, now: EpochMs): Verdict | null {
  switch (end.kind) {
    case 'completed':
      return null;
    case 'failed':
      return judgeEvent(end.data, 200, now) ?? broken('response.failed');
    case 'short':
      return broken('ended-early');
    case 'cancelled':
      return { ...broken(null), kind: 'aborted' };
    case 'cut':
      return judgeThrown(end.error, signal, 'mid-stream');
  }
}

function phaseOf(end: StreamEnd): Outcome['phase'] {
  return end.kind === 'completed' ? 'complete' : 'mid-stream';
}

function broken(errorCode: string | null): Verdict {
  return { kind: 'stream-broken', status: 200, retryAtMs: null, limitId: null, errorCode };
}

function noOutput(status: number): Verdict {
  return { kind: 'network', status, retryAtMs: null, limitId: null, errorCode: 'no-output' };
}

function failed(verdict: Verdict, timer: Timer, conclude: () => Response): Failed {
  return { kind: 'failed', verdict, outcome: outcomeOf(verdict, 'before-output', timer.read()), conclude };
}

function handOn(response: Response, body: ReadableStream<Uint8Array> | string | null, status: number): Response {
  const headers = new Headers(response.headers);
  for (const name of HEADERS_NOT_HANDED_ON) headers.delete(name);
  return new Response(status === 204 || status === 304 ? null : body, {
    status,
    statusText: response.statusText,
    headers,
  });
}

function textOf(chunks: readonly Uint8Array[]): string {
  return Buffer.concat(chunks).toString('utf8');
}

function isStream(response: Response): boolean {
  return (
    response.ok && response.body !== null && /^(text\/event-stream|$)/i.test(response.headers.get('content-type') ?? '')
  );
}

function readerOf(response: Response): ChunkReader {
  return (
    response.body?.getReader() ?? {
      read: () => Promise.resolve({ done: true, value: undefined }),
      cancel: () => Promise.resolve(),
    }
  );
}

/** Lets go of a body that nobody will read, so that its connection is free again. */
function discard(reader: ChunkReader): void {
  reader.cancel().catch(() => undefined);
}
