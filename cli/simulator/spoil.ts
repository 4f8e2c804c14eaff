import { gzipSync } from 'node:zlib';

import type { Fault, FaultKind } from './faults.ts';
import { type Answer, delayed, type Reply } from './reply.ts';
import { sse, type StreamScript } from './stream.ts';

const SLOW_MS = 3_000;
const MEGABYTE = 1_048_576;
const PADDING_CHARS = 65_536;

/** Sends a model answer, whole or as a fault wants it. */
export function streamReply(base: Answer, script: StreamScript, fault: Fault | null): Reply {
  const whole: Answer = { ...base, chunks: [script.head, ...script.deltas, script.tail] };
  if (fault === null) return whole;
  const reply = delayed(whole, faultDelayMs(fault));
  const sent = Math.min(script.deltas.length, fault.afterChunks ?? Math.ceil(script.deltas.length / 2));
  const begun = [script.head, ...script.deltas.slice(0, sent)];
  return (STREAM_FAULTS[fault.kind] ?? unharmed)(reply, { script, sent, begun });
}

/** Sends a plain answer, whole or as a fault wants it; stream faults hit its bytes. */
export function plainReply(answer: Answer, fault: Fault | null): Reply {
  if (fault === null) return answer;
  const reply = delayed(answer, faultDelayMs(fault));
  const text = Buffer.concat(reply.chunks.map((chunk) => Buffer.from(chunk))).toString('utf8');
  const begun = [text.slice(0, Math.ceil(text.length / 2))];
  if (fault.kind === 'answer-lost') return { kind: 'silence', ending: 'cut', delayMs: reply.delayMs };
  if (fault.kind === 'huge') return { ...reply, chunks: [...padding(hugeBytes(fault)), text] };
  return (BYTE_FAULTS[fault.kind] ?? unharmed)(reply, { begun });
}

/** How long a fault makes the client wait before anything else. */
export function faultDelayMs(fault: Fault): number {
  return fault.delayMs ?? (fault.kind === 'slow' ? SLOW_MS : 0);
}

/** How many bytes a huge answer has. */
export function hugeBytes(fault: Fault): number {
  return (fault.megabytes ?? 10) * MEGABYTE;
}

type Spoiler<T> = (reply: Answer, parts: T) => Reply;
type StreamParts = { readonly script: StreamScript; readonly sent: number; readonly begun: readonly string[] };

const BYTE_FAULTS: Partial<Record<FaultKind, Spoiler<{ readonly begun: readonly string[] }>>> = {
  'cut-before-first-byte': (reply) => ({ ...reply, chunks: [], ending: 'cut' }),
  'cut-mid-stream': (reply, { begun }) => ({ ...reply, chunks: begun, ending: 'cut' }),
  'end-early': (reply, { begun }) => ({ ...reply, chunks: begun }),
  'malformed-sse': (reply, { begun }) => ({ ...reply, chunks: begun }),
  'stall-before-first-byte': (reply) => ({ ...reply, chunks: [], ending: 'stall' }),
  'stall-mid-stream': (reply, { begun }) => ({ ...reply, chunks: begun, ending: 'stall' }),
  gzip: (reply) => ({
    ...reply,
    headers: { ...reply.headers, 'content-encoding': 'gzip' },
    chunks: [gzipSync(Buffer.concat(reply.chunks.map((chunk) => Buffer.from(chunk))))],
  }),
};

const STREAM_FAULTS: Partial<Record<FaultKind, Spoiler<StreamParts>>> = {
  ...BYTE_FAULTS,
  'response-failed': (reply, { script }) => ({
    ...reply,
    chunks: failed(script, 'server_error', 'The model produced an invalid response.'),
  }),
  'response-failed-rate-limit': (reply, { script }) => ({
    ...reply,
    chunks: failed(script, 'rate_limit_exceeded', 'Rate limit reached. Please try again in 1s.'),
  }),
  'response-incomplete': (reply, { script, sent, begun }) => ({
    ...reply,
    chunks: [...begun, incomplete(script, sent)],
  }),
  'error-event': (reply, { script, sent, begun }) => ({
    ...reply,
    chunks: [
      ...begun,
      script.event(sent, 'error', { code: 'server_error', message: 'The server had an error.', param: null }),
    ],
  }),
  'malformed-sse': (reply, { begun }) => ({
    ...reply,
    chunks: [...begun, 'event: response.output_text.delta\ndata: {"type":"response.output_te\n\n'],
  }),
};

function unharmed(reply: Answer): Reply {
  return reply;
}

function failed(script: StreamScript, code: string, message: string): readonly string[] {
  const { response } = script;
  return [
    sse(0, 'response.created', { response }),
    sse(1, 'response.failed', { response: { ...response, status: 'failed', error: { code, message } } }),
  ];
}

function incomplete(script: StreamScript, sent: number): string {
  const response = { ...script.response, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  return script.event(sent, 'response.incomplete', { response });
}

function padding(bytes: number): readonly string[] {
  return Array.from({ length: Math.ceil(bytes / PADDING_CHARS) }, () => ' '.repeat(PADDING_CHARS));
}
