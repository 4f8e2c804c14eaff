import { type Answer, isAnswer, type Question, requestFor, type RouteName } from './routes.ts';

/** A call that is not answered by then is given up; the longest operation of the table takes 60 s. */
const DEADLINE_MS = 65_000;

/** A failed call: the supervisor's own code and message, or `UNREACHABLE` when there was no answer at all. */
export class ApiError extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | null;

  constructor(code: string, message: string, more: { details?: Record<string, unknown>; requestId?: string } = {}) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.details = more.details ?? {};
    this.requestId = more.requestId ?? null;
  }
}

/** The one way to the supervisor. */
export interface Api {
  readonly call: <K extends RouteName>(name: K, params: Question<K>) => Promise<Answer<K>>;
  /** Reads an address that the table of this build may not have; the caller judges the answer. */
  readonly read: (path: string) => Promise<unknown>;
}

/** What the page gives its API. */
export interface ApiOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly onUnauthorised: () => void;
}

/** Creates the API over the cookie of this page. Errors: ApiError only. */
export function createApi({ fetch, onUnauthorised }: ApiOptions): Api {
  const send = async (path: string, init: RequestInit): Promise<unknown> => {
    const response = await reach(fetch, path, init);
    const body = await bodyOf(response);
    if (response.ok) return body;
    const error = errorOf(response.status, body);
    if (error.code === 'UNAUTHORIZED') onUnauthorised();
    throw error;
  };
  return {
    call: async (name, params) => {
      const { method, path, body } = requestFor(name, params);
      const isChange = method !== 'GET';
      const headers = {
        ...(isChange ? { 'x-oma-csrf': '1' } : {}),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      };
      const answer = await send(path, { method, headers, body });
      if (isAnswer(name, answer)) return answer;
      throw new ApiError('UNKNOWN_ANSWER', 'This page and the supervisor are of different versions. Reload the page.');
    },
    read: (path) => send(path, { method: 'GET' }),
  };
}

/** Turns whatever was thrown into the one kind of failure this page shows. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError('PAGE', `This page made a mistake: ${String(error)}. Reload it.`);
}

async function reach(fetch: ApiOptions['fetch'], path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: 'same-origin', signal: AbortSignal.timeout(DEADLINE_MS) });
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    throw isLate
      ? new ApiError('DEADLINE_EXCEEDED', 'oma did not answer in time. What it was doing may still happen.')
      : new ApiError('UNREACHABLE', 'oma cannot be reached. Is the supervisor running? Start it with "oma up".');
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    const body: unknown = await response.json();
    return body;
  } catch {
    return null;
  }
}

function errorOf(status: number, body: unknown): ApiError {
  const code = textIn(body, 'code');
  const message = textIn(body, 'message');
  if (code === null || message === null) {
    return new ApiError(status === 401 ? 'UNAUTHORIZED' : 'UNKNOWN_ANSWER', `oma answered ${status} without a reason.`);
  }
  const requestId = textIn(body, 'requestId');
  return new ApiError(code, message, { details: detailsIn(body), ...(requestId === null ? {} : { requestId }) });
}

function textIn(body: unknown, key: string): string | null {
  const value = fieldIn(body, key);
  return typeof value === 'string' ? value : null;
}

function detailsIn(body: unknown): Record<string, unknown> {
  const value = fieldIn(body, 'details');
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function fieldIn(body: unknown, key: string): unknown {
  return typeof body === 'object' && body !== null
    ? Object.entries(body).find(([name]) => name === key)?.[1]
    : undefined;
}
