import * as z from 'zod';

const accountSchema = z.looseObject({
  alias: z.string(),
  accountId: z.string(),
  userId: z.string(),
  usageCount: z.int(),
  credentials: z.looseObject({ refreshToken: z.string() }),
  rateLimitHistory: z.array(z.unknown()),
});
/** A store as it lies on disk, as far as a loss would show. */
export const storedSchema = z.looseObject({ version: z.int(), accounts: z.array(accountSchema) });
export type Stored = z.infer<typeof storedSchema>;

/** Says what of one store is missing in a later one; no line holds a secret. */
export function lost(before: Stored, after: Stored): readonly string[] {
  return before.accounts.flatMap((old) => {
    const now = after.accounts.find(({ alias }) => alias === old.alias);
    if (now === undefined) return [`the account ${old.alias}`];
    const kept = {
      seat: now.accountId === old.accountId && now.userId === old.userId,
      login: now.credentials.refreshToken === old.credentials.refreshToken,
      'usage count': now.usageCount >= old.usageCount,
      history: now.rateLimitHistory.length >= old.rateLimitHistory.length,
    };
    return Object.entries(kept).flatMap(([what, isKept]) => (isKept ? [] : [`the ${what} of ${old.alias}`]));
  });
}
