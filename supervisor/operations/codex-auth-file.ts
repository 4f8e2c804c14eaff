import { readFile } from 'node:fs/promises';

import * as z from 'zod';

import { OmaError } from '../../contract/errors.ts';
import { type EpochMs, secretSchema } from '../../contract/scalars.ts';
import { readClaims } from '../../contract/token-claims.ts';
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
    refresh_token: z.string(),
    id_token: z.string().optional().nullable(),
    account_id: z.string().optional().nullable(),
  }),
  last_refresh: z.string().optional().nullable(),
});

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
  if (!parsed.success || parsed.data.tokens.refresh_token === '') return null;
  const {
    access_token: accessToken,
    refresh_token: refreshText,
    id_token: idText,
    account_id: accountId,
  } = parsed.data.tokens;
  const claims = readClaims(accessToken);
  const idClaims = idText === undefined || idText === null ? null : readClaims(idText);
  const account = accountId ?? claims?.accountId ?? idClaims?.accountId ?? null;
  const userId = claims?.userId ?? idClaims?.userId ?? null;
  if (account === null || userId === null) return null;
  const refreshedAt = Date.parse(parsed.data.last_refresh ?? '');
  return {
    refreshedAt: Number.isNaN(refreshedAt) ? 0 : refreshedAt,
    tokens: {
      accessToken,
      refreshToken: secretSchema.parse(refreshText),
      idToken: idText === undefined || idText === null || idText === '' ? null : secretSchema.parse(idText),
      expiresAtMs: claims?.expiresAtMs ?? idClaims?.expiresAtMs ?? 0,
      accountId: account,
      userId,
      email: idClaims?.email ?? claims?.email ?? null,
      planType: idClaims?.planType ?? claims?.planType ?? null,
    },
  };
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
