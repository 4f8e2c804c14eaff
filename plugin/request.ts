import { modelSchema, sessionIdSchema } from '../contract/scalars.ts';

/** Anything `fetch` accepts. */
export type FetchInput = string | URL | Request;
export type Fetch = (input: FetchInput, init?: RequestInit) => Promise<Response>;

/** A request of the host, ready to be sent as often as needed, as whatever account. */
export interface HostRequest {
  /** Path and query under the backend's base URL. */
  readonly path: string;
  /** Everything of the host's init but headers, body and signal. */
  readonly init: RequestInit;
  readonly headers: Headers;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
  readonly signal: AbortSignal | null;
  readonly sessionId: string | null;
  readonly parentSessionId: string | null;
  readonly model: string | null;
  /** The program that asks, such as "opencode 1.18.33". */
  readonly host: string | null;
}

/** What a lease puts into a request. */
export interface Sender {
  readonly accessToken: string;
  readonly accountId: string;
  readonly residency: string | null;
}

/** A body that has to be buffered, because it can be read only once, may have so many bytes. */
export const BODY_BYTES_MAX = 64 * 1_024 * 1_024;

/** The model stands within so many first characters, or the whole body is parsed. */
const MODEL_HEAD_CHARS = 4_096;
/** Larger bodies are not parsed for the sake of the model's name. */
const MODEL_PARSE_CHARS_MAX = 16 * 1_024 * 1_024;

const SESSION_HEADERS = ['session-id', 'x-session-affinity', 'x-session-id'];
const PARENT_HEADER = 'x-parent-session-id';
const RESIDENCY_HEADER = 'x-openai-internal-codex-residency';
/** OpenCode's own note to its built-in plugin; not for the provider. */
const INTERNAL_HEADERS = ['x-opencode-title'];

/** Maps an address of the OpenAI API to the path the ChatGPT backend has for it; null = it has none. */
export function backendPath(input: FetchInput): string | null {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.pathname.endsWith('/chat/completions')) return `/codex/responses${url.search}`;
  const match = /\/responses(\/.*)?$/.exec(url.pathname);
  return match === null ? null : `/codex/responses${match[1] ?? ''}${url.search}`;
}

/**
 * Reads a request of the host once.
 * Errors: RangeError for a streamed body beyond BODY_BYTES_MAX.
 */
export async function readRequest(path: string, input: FetchInput, init: RequestInit = {}): Promise<HostRequest> {
  const {
    headers,
    body: given,
    signal,
    method,
  } = input instanceof Request ? new Request(input, init) : { ...init, headers: new Headers(init.headers) };
  const body = await replayable(given);
  return {
    path,
    init: sharedInit(init, method ?? 'GET'),
    headers,
    body,
    signal: signal ?? null,
    sessionId: sessionOf(headers, SESSION_HEADERS),
    parentSessionId: sessionOf(headers, [PARENT_HEADER]),
    model: modelOf(body),
    host: hostOf(headers),
  };
}

/** Makes the init that sends a request as an account. */
export function requestAs(request: HostRequest, sender: Sender): RequestInit {
  const headers = new Headers(request.headers);
  for (const name of INTERNAL_HEADERS) headers.delete(name);
  headers.set('authorization', `Bearer ${sender.accessToken}`);
  headers.set('ChatGPT-Account-Id', sender.accountId);
  if (sender.residency === null) headers.delete(RESIDENCY_HEADER);
  else headers.set(RESIDENCY_HEADER, sender.residency);
  return { ...request.init, headers, body: request.body, signal: request.signal };
}

/** Finds the model a body asks for: it usually comes first, so little has to be read. */
export function modelOf(body: string | Uint8Array | null): string | null {
  if (body === null) return null;
  const head = /^\s*\{\s*"model"\s*:\s*"([^"\\]{1,128})"/.exec(textOf(body, MODEL_HEAD_CHARS));
  if (head !== null) return head[1] ?? null;
  if (body.length > MODEL_PARSE_CHARS_MAX) return null;
  const parsed = modelSchema.safeParse(fieldOf(textOf(body, body.length), 'model'));
  return parsed.success ? parsed.data : null;
}

function textOf(body: string | Uint8Array, chars: number): string {
  return typeof body === 'string' ? body.slice(0, chars) : new TextDecoder().decode(body.subarray(0, chars));
}

function fieldOf(json: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  } catch {
    return undefined; // not JSON: then it names no model
  }
}

function sessionOf(headers: Headers, names: readonly string[]): string | null {
  for (const name of names) {
    const parsed = sessionIdSchema.safeParse(headers.get(name));
    if (parsed.success) return parsed.data;
  }
  return null;
}

function hostOf(headers: Headers): string | null {
  const match = /^([a-z][a-z-]{0,30})\/([\w.-]{1,30})/i.exec(headers.get('user-agent') ?? '');
  return match === null ? null : `${match[1]} ${match[2]}`;
}

/** What every sending shares; OpenCode puts more in it than the standard knows, such as `timeout: false`. */
function sharedInit(init: RequestInit, method: string): RequestInit {
  const shared: RequestInit = { ...init, method };
  delete shared.headers;
  delete shared.body;
  delete shared.signal;
  delete shared.duplex;
  return shared;
}

async function replayable(body: RequestInit['body']): Promise<string | Uint8Array<ArrayBuffer> | null> {
  if (body === null || body === undefined) return null;
  if (typeof body === 'string') return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  const stream: ReadableStream<Uint8Array> | null = new Response(body).body;
  return stream === null ? null : await collect(stream);
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX)
      throw new RangeError(`oma cannot send a streamed body of more than ${BODY_BYTES_MAX / 1_024 / 1_024} MiB.`);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
