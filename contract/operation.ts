import type { z } from 'zod';

import type { ErrorCode } from './errors.ts';

/** When the effect of an operation is on disk: never needed, at most 1 s after the answer, or before the answer. */
export type Durability = 'none' | 'soon' | 'before-reply';

/** Where an operation appears on the loopback API. Shape: `:name` in the path fills the field of that name. */
export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly status?: number;
}

/** How the `oma` command offers an operation. Shape: `args` are positional fields in order, `fixed` are fields the verb implies. */
export interface CliVerb {
  readonly verb: string;
  readonly args?: readonly string[];
  readonly fixed?: Readonly<Record<string, unknown>>;
  readonly summary?: string;
}

/** One operation: what goes in, what comes out, which failures it may name, how long it may take. */
export interface Operation {
  readonly summary: string;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  readonly errors: readonly ErrorCode[];
  readonly deadlineMs: number;
  readonly durability: Durability;
  readonly http?: HttpRoute;
  readonly cli?: readonly CliVerb[];
}

/** A table of operations, the whole of what two processes may say to each other. */
export type OperationTable = Readonly<Record<string, Operation>>;

/** The part of an AbortSignal that oma needs. Why: the contract may not know the platform; a real AbortSignal fits. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted: () => void;
  addEventListener: (type: 'abort', listener: () => void) => void;
  removeEventListener: (type: 'abort', listener: () => void) => void;
}

/** Who calls, as the door knows it. */
export interface CallContext {
  /** Identifies the call in log and error. */
  readonly requestId: string;
  /** Identifies the connection; leases end with it. */
  readonly connectionId: string;
  /** `cli`, `plugin`, `dashboard` or `api`. */
  readonly actor: string;
  /** Aborts when the caller is gone. */
  readonly signal: CancelSignal;
}

/** What a server must provide for a table: one function an operation. */
export type Handlers<T extends OperationTable> = {
  readonly [K in keyof T]: (
    params: z.output<T[K]['params']>,
    context: CallContext,
  ) => Promise<z.input<T[K]['result']>> | z.input<T[K]['result']>;
};

/** How one call differs from the table's defaults. */
export interface CallOptions {
  readonly deadlineMs?: number;
  readonly signal?: CancelSignal;
}

/** What a client of a table offers: one function an operation, rejecting with OmaError only. */
export type Client<T extends OperationTable> = {
  readonly [K in keyof T]: (
    params: z.input<T[K]['params']>,
    options?: CallOptions,
  ) => Promise<z.output<T[K]['result']>>;
};

/** The parsed parameters of an operation. */
export type Params<T extends OperationTable, K extends keyof T> = z.output<T[K]['params']>;

/** The result of an operation as its handler returns it. */
export type Result<T extends OperationTable, K extends keyof T> = z.input<T[K]['result']>;
