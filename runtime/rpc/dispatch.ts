import { OmaError } from '../../contract/errors.ts';
import type { CallContext, Handlers, Operation, OperationTable } from '../../contract/operation.ts';

/** Problems of one call that are told; the first is nearly always enough. */
const PROBLEMS_MAX = 10;

/** Characters of the name of a field that are told. */
const FIELD_CHARS_MAX = 128;

type Issue = NonNullable<ReturnType<Operation['params']['safeParse']>['error']>['issues'][number];

/** One wrong parameter, for people and for forms. */
export interface ParameterProblem {
  readonly field: string;
  readonly constraint: string;
  readonly message: string;
}

/** Calls an operation by name with parameters nobody has looked at yet. Errors: what the operation lists, INVALID_PARAMS, NOT_FOUND. */
export type Dispatcher = (name: string, params: unknown, context: CallContext) => Promise<unknown>;

/** Makes a dispatcher for doors that are not JSON-RPC: the same table, the same schemas, the same handlers. */
export function createDispatcher<T extends OperationTable>(table: T, handlers: Handlers<T>): Dispatcher {
  const byName = new Map(Object.entries<Operation>(table));
  return async (name, params, context) => {
    const operation = byName.get(name);
    if (operation === undefined) throw new OmaError('NOT_FOUND', `There is no operation ${name}.`);
    const handle = handlers[name] as unknown as (params: unknown, context: CallContext) => unknown;
    return await handle(parseParams(name, operation, params), context);
  };
}

/** Parses the parameters of an operation. Errors: INVALID_PARAMS naming each field and its constraint. */
export function parseParams(name: string, { params: schema }: Operation, params: unknown): unknown {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue)).slice(0, PROBLEMS_MAX);
  const text = problems.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; ');
  throw new OmaError('INVALID_PARAMS', `${name} has wrong parameters (${text}). Nothing was changed.`, { problems });
}

/** Unknown fields are told one by one, so that a form can point at each. */
function problemsOf(issue: Issue): ParameterProblem[] {
  const { path, code, message } = issue;
  const nameOf = (...more: readonly string[]): string =>
    [...path.map(String), ...more].join('.').slice(0, FIELD_CHARS_MAX);
  if (code !== 'unrecognized_keys') return [{ field: nameOf(), constraint: code, message }];
  return issue.keys.map((key) => ({ field: nameOf(key), constraint: code, message: 'There is no such field' }));
}
