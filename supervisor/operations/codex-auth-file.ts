import { readFile } from 'node:fs/promises';

import * as z from 'zod';

import { OmaError } from '../../contract/errors.ts';
import { type EpochMs, type Secret, secretSchema } from '../../contract/scalars.ts';
import { readClaims, type TokenClaims } from '../../contract/token-claims.ts';
import type { TokenSet } from '../../contract/worker-operations.ts';
import type { Account } from '../core/state.ts';
import { isoTime } from '../core/time.ts';
import { replaceFile } from '../store/durable-file.ts';

/** Larger files are not codex's. */
const BYTES_MAX = 256 * 1_024;

/** codex's own login file as far as oma reads it; unknown keys are kept. */
const codexAuthSchema = z.looseObject({
  tokens: z.looseObject({
    access_token: secretSchema,
    refresh_token: secretSchema,
    id_token: z
      .string()
      .nullish()
      .transform((text) => (text === undefined || text === '' ? null : text))
      .pipe(secretSchema.nullable()),
    account_id: z.string().min(1).max(128).nullish(),
  }),
  last_refresh: z.string().nullish(),
});

type CodexTokens = z.infer<typeof codexAuthSchema>['tokens'];

/** What a token says that oma cannot read. */
const NO_CLAIMS: TokenClaims = {
  accountId: null,
  userId: null,
  email: null,
  planType: null,
  residency: null,
  expiresAtMs: null,
};

/** A login found in a file, with the instant of its last refresh (0 if the file does not say). */
export interface FoundLogin {
  readonly tokens: TokenSet;
  readonly refreshedAt: EpochMs;
}

/** codex's own login file. */
export interface CodexAuthFile {
  /** The login in the file; null if there is no file, or no ChatGPT login in it. Errors: IMPORT_INVALID. */
  read: () => Promise<FoundLogin | null>;
  /** Writes an account's login, atomically and 0600; foreign keys are kept. Errors: STORE_UNWRITABLE. */
  write: (account: Account) => Promise<void>;
}

/** Opens codex's login file at a path. */
export function codexAuthFileAt(path: string): CodexAuthFile {
  return {
    read: async () => {
      const text = await readText(path);
      return text === null ? null : parseCodexAuth(text);
    },
    write: async (account) => {
      const text = await readText(path);
      const { accessToken, refreshToken, idToken, lastRefreshAt } = account.credentials;
      const tokens = {
        id_token: idToken ?? accessToken,
        access_token: accessToken,
        refresh_token: refreshToken,
        account_id: account.seat.accountId,
      };
      const content = {
        ...foreignKeys(text),
        auth_mode: 'chatgpt',
        OPENAI_API_KEY: null,
        tokens,
        last_refresh: isoTime(lastRefreshAt),
      };
      await replaceFile(path, `${JSON.stringify(content, null, 2)}\n`);
    },
  };
}

/** Parses the text of codex's login file. Errors: IMPORT_INVALID. */
export function parseCodexAuth(text: string): FoundLogin | null {
  const json = parseJson(text);
  if (json === undefined)
    throw new OmaError('IMPORT_INVALID', "codex's login file is not JSON. Log codex in again, or correct the file.");
  const parsed = codexAuthSchema.safeParse(json);
  if (!parsed.success) return null;
  const tokens = tokensOf(parsed.data.tokens);
  if (tokens === null) return null;
  const refreshedAt = Date.parse(parsed.data.last_refresh ?? '');
  return { refreshedAt: Number.isNaN(refreshedAt) ? 0 : refreshedAt, tokens };
}

/** Shape: null if the tokens do not say whose they are. */
function tokensOf({ access_token, refresh_token, id_token, account_id }: CodexTokens): TokenSet | null {
  const access = claimsOf(access_token);
  const id = claimsOf(id_token);
  const accountId = account_id ?? access.accountId ?? id.accountId;
  const userId = access.userId ?? id.userId;
  if (accountId === null || userId === null) return null;
  return {
    accessToken: access_token,
    refreshToken: refresh_token,
    idToken: id_token,
    expiresAtMs: access.expiresAtMs ?? id.expiresAtMs ?? 0,
    accountId,
    userId,
    email: id.email ?? access.email,
    planType: id.planType ?? access.planType,
  };
}

function claimsOf(token: Secret | null): TokenClaims {
  return (token === null ? null : readClaims(token)) ?? NO_CLAIMS;
}

async function readText(path: string): Promise<string | null> {
  try {
    const text = await readFile(path, 'utf8');
    return text.length > BYTES_MAX ? null : text;
  } catch {
    return null;
  }
}

function foreignKeys(text: string | null): Record<string, unknown> {
  const parsed = z.record(z.string(), z.unknown()).safeParse(text === null ? null : parseJson(text));
  return parsed.success ? parsed.data : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
