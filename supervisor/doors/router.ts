import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';

import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { HttpRoute } from '../../contract/operation.ts';
import { OPERATIONS } from '../../contract/operations.ts';
import type { Guard } from './guard.ts';

/** Largest body in bytes; the largest honest one names a thousand accounts. */
export const BODY_BYTES_MAX = 256 * 1_024;

/** Calls an operation by name with parameters nobody has looked at yet. */
export type Dispatch = (
  name: string,
  params: unknown,
  call: {
    readonly requestId: string;
    readonly actor: string;
    readonly connectionId: string;
    readonly signal: AbortSignal;
  },
) => Promise<unknown>;

/** What the router needs. */
export interface RouterDeps {
  readonly guard: Guard;
  readonly dispatch: Dispatch;
  requestId: () => string;
}

interface Row {
  readonly name: string;
  readonly route: HttpRoute;
}

const BODY_METHODS = new Set(['POST', 'PUT']);

/** Adds one route for each operation of the table that has one, and a typed refusal for every other method of these paths. */
export function addOperationRoutes(app: Hono, deps: RouterDeps): void {
  const rows = operationRoutes();
  const limit = bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError: () => {
      throw new OmaError('PAYLOAD_TOO_LARGE', `The body is larger than ${String(BODY_BYTES_MAX)} bytes.`);
    },
  });
  for (const { name, route } of rows) {
    // Why not for all: node-server shows a body even for a DELETE without one, and the limit then fails over that body.
    if (BODY_METHODS.has(route.method)) app.on(route.method, route.path, limit);
    app.on(route.method, route.path, async (context) => {
      const { actor } = deps.guard.admit(context);
      const params = await paramsOf(context, route);
      const result = await deps.dispatch(name, params, {
        requestId: deps.requestId(),
        actor,
        connectionId: 'http',
        signal: context.req.raw.signal,
      });
      return Response.json(result, { status: route.status ?? 200 });
    });
  }
  for (const [path, methods] of methodsByPath(rows)) {
    app.all(path, (context) => {
      deps.guard.admit(context);
      context.header('Allow', methods.join(', '));
      throw new OmaError('METHOD_NOT_ALLOWED', `This address takes ${methods.join(', ')} only.`, { allow: methods });
    });
  }
}

function operationRoutes(): readonly Row[] {
  return Object.entries(OPERATIONS).flatMap(([name, operation]) =>
    'http' in operation ? [{ name, route: operation.http }] : [],
  );
}

function methodsByPath(rows: readonly Row[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { route } of rows) found.set(route.path, [...(found.get(route.path) ?? []), route.method]);
  return found;
}

/** Path fields win over body and query, so that an alias in the body cannot redirect a change. */
async function paramsOf(context: Context, route: HttpRoute): Promise<unknown> {
  const path = context.req.param();
  if (!BODY_METHODS.has(route.method)) return { ...context.req.query(), ...path };
  const text = await context.req.text();
  if (text === '') return { ...path };
  if (!/^application\/json\b/i.test(context.req.header('content-type') ?? '')) {
    throw new OmaError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.');
  }
  const body = parseJson(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new OmaError('INVALID_PARAMS', 'The body must be a JSON object.', {
      problems: [{ field: '', constraint: 'object', message: 'The body must be a JSON object.' }],
    });
  return { ...body, ...path };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, refusePrototype);
  } catch (error) {
    if (isOmaError(error)) throw error;
    throw new OmaError('INVALID_JSON', 'The body is not JSON.');
  }
}

/** Why here: a schema for names as keys passes over this one in silence, and half a change is worse than none. */
function refusePrototype(key: string, value: unknown): unknown {
  if (key !== '__proto__') return value;
  const problem = { field: key, constraint: 'unrecognized_keys', message: 'There is no such field' };
  throw new OmaError('INVALID_PARAMS', 'The body has a field "__proto__". Nothing was changed.', {
    problems: [problem],
  });
}
