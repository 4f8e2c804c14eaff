/** What `GET /api/antigravity` answers. */
export interface Antigravity {
  readonly accounts: readonly { readonly email: string; readonly quotas: readonly Quota[] }[];
  readonly reserved: readonly string[];
  readonly error: string | null;
}

/** One model's quota; null is unknown. */
export interface Quota {
  readonly model: string;
  readonly remainingPercent: number | null;
  readonly resetsAt: string | null;
}

/** Reads an answer field by field; null if it is none. */
export function parseAntigravity(body: unknown): Antigravity | null {
  if (!isRecord(body) || !Array.isArray(body['accounts'])) return null;
  return {
    accounts: body['accounts'].filter(isRecord).map((account) => ({
      email: textOf(account['email']) ?? '',
      quotas: listOf(account['quotas']).filter(isRecord).map(quotaOf),
    })),
    reserved: listOf(body['reserved']).filter((alias) => typeof alias === 'string'),
    error: textOf(body['error']),
  };
}

function quotaOf(quota: Record<string, unknown>): Quota {
  const remaining = quota['remainingPercent'];
  return {
    model: textOf(quota['model']) ?? '',
    remainingPercent: typeof remaining === 'number' ? remaining : null,
    resetsAt: textOf(quota['resetsAt']),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
