import * as z from 'zod';

import { OmaError } from '../contract/errors.ts';
import { OPENCODE_PROVIDER, PLACEHOLDER_LOGIN } from '../contract/opencode.ts';

/** Who holds OpenCode's login for OpenAI: nobody, oma's placeholder, or a real login. */
export type OpenAiLogin = 'none' | 'placeholder' | 'login';

const authSchema = z.record(z.string(), z.unknown());
const placeholderSchema = z.looseObject({
  refresh: z.literal(PLACEHOLDER_LOGIN.refresh),
  access: z.literal(PLACEHOLDER_LOGIN.access),
});

/**
 * Tells what the text of OpenCode's auth.json holds for OpenAI; null is no file.
 * Errors: CONFIG_INVALID.
 */
export function openAiLogin(text: string | null): OpenAiLogin {
  const entry = parse(text)[OPENCODE_PROVIDER];
  if (entry === undefined) return 'none';
  return placeholderSchema.safeParse(entry).success ? 'placeholder' : 'login';
}

/** Adds the placeholder and keeps every other entry. */
export function withPlaceholder(text: string | null): string {
  return write({ ...parse(text), [OPENCODE_PROVIDER]: PLACEHOLDER_LOGIN });
}

/** Takes the placeholder out and keeps every other entry; null when there is none. */
export function withoutPlaceholder(text: string): string | null {
  const others = Object.entries(parse(text)).filter(([provider]) => provider !== OPENCODE_PROVIDER);
  return others.length === 0 ? null : write(Object.fromEntries(others));
}

function parse(text: string | null): Record<string, unknown> {
  const parsed = authSchema.safeParse(text === null || text.trim() === '' ? {} : jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new OmaError(
    'CONFIG_INVALID',
    "OpenCode's auth.json is not a JSON object — correct it, or log in again with `opencode auth login`",
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function write(entries: Record<string, unknown>): string {
  return `${JSON.stringify(entries, null, 2)}\n`;
}
