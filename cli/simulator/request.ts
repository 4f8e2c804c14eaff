import * as z from 'zod';

import type { Endpoint } from './faults.ts';
import type { Reply } from './reply.ts';
import type { World } from './world.ts';

/** One request as the pure part sees it. */
export interface SimRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Origin the client used, for links in pages. */
  readonly origin: string;
}

/** What an endpoint decided: the new world, the bytes to send, and what the log shall say. */
export interface Handled {
  readonly world: World;
  readonly reply: Reply;
  readonly note: Note;
}

/** What a handler adds to the request log. */
export interface Note {
  readonly endpoint: Endpoint;
  readonly alias?: string | null;
  readonly generation?: number | null;
  readonly model?: string | null;
  readonly effort?: string | null;
  readonly promptCacheKey?: string | null;
  readonly cachedTokens?: number;
  readonly faultKind?: string;
  readonly grantType?: string | null;
  /** Why a request was refused, in the simulator's own words. */
  readonly refusedFor?: string;
}

export type Handler = (world: World, request: SimRequest, now: number) => Handled;

/** Reads the bearer token of a request, if it has one. */
export function bearerOf(request: SimRequest): string | null {
  const match = /^Bearer\s+(\S+)$/i.exec(request.headers['authorization'] ?? '');
  return match?.[1] ?? null;
}

/** Reads a JSON body; null when it is not JSON. */
export function jsonBody(request: SimRequest): unknown {
  try {
    return JSON.parse(request.body);
  } catch {
    return null;
  }
}

/** Reads the fields of a form or JSON body; anything that is not text is left out. */
export function fields(request: SimRequest): Readonly<Record<string, string>> {
  if ((request.headers['content-type'] ?? '').includes('json')) {
    const parsed = z.record(z.string(), z.unknown()).safeParse(jsonBody(request));
    const entries = Object.entries(parsed.data ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    return Object.fromEntries(entries);
  }
  return Object.fromEntries(new URLSearchParams(request.body));
}
