import * as z from 'zod';

/** What the body of a failed answer says, whichever of its shapes the backend chose. Shape: null = not said. */
export interface ErrorFacts {
  readonly code: string | null;
  readonly message: string;
  readonly param: string | null;
  readonly resetsAt: number | string | null;
  readonly resetsInSeconds: number | null;
}

const NOTHING: ErrorFacts = { code: null, message: '', param: null, resetsAt: null, resetsInSeconds: null };

const textSchema = z.string().max(2_000).optional().catch(undefined);

const errorSchema = z
  .object({
    code: textSchema,
    type: textSchema,
    message: textSchema,
    param: textSchema,
    resets_at: z
      .union([z.number(), z.string().max(64)])
      .optional()
      .catch(undefined),
    resets_in_seconds: z.number().optional().catch(undefined),
  })
  .transform(({ code, type, message, param, resets_at: resetsAt, resets_in_seconds: resetsInSeconds }): ErrorFacts => ({
    code: code ?? type ?? null,
    message: message ?? '',
    param: param ?? null,
    resetsAt: resetsAt ?? null,
    resetsInSeconds: resetsInSeconds ?? null,
  }));

const errorOrTextSchema = z
  .union([errorSchema, z.string().transform((message): ErrorFacts => ({ ...NOTHING, message }))])
  .optional()
  .catch(undefined);

const bodySchema = z.object({
  error: errorOrTextSchema,
  detail: errorOrTextSchema,
  response: z.object({ error: errorOrTextSchema }).optional().catch(undefined),
});

/** Reads the facts out of a JSON body or of the data of a failure event; anything else has none. */
export function errorFacts(text: string): ErrorFacts {
  const value = parseJson(text);
  if (value === undefined) return { ...NOTHING, ...codeInBrokenJson(text) };
  const body = bodySchema.safeParse(value).data;
  return body?.error ?? body?.response?.error ?? body?.detail ?? errorSchema.safeParse(value).data ?? NOTHING;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a page, or an event that was cut: it is searched for its code instead
  }
}

function codeInBrokenJson(text: string): Partial<ErrorFacts> {
  const code = /"error"\s*:\s*\{[^{}]{0,400}?"code"\s*:\s*"([^"\\]{1,64})"/.exec(text)?.[1];
  return code === undefined ? {} : { code };
}
