import { type CachedPrompt, put } from './world.ts';

const PROMPTS_MAX = 256;
const PROMPT_CACHE_TTL_MS = 10 * 60_000;
const CACHE_BLOCK_TOKENS = 128;

/** The prompt of one request: whose seat, which session, how long. */
export interface Prompt {
  readonly alias: string;
  readonly key: string;
  readonly tokens: number;
}

/**
 * Prefix caching, roughly: what the same seat has read of the same session lately need not be read again.
 * Shape: the cache after the request, and how many of its tokens came from it.
 */
export function readPrompt(
  prompts: ReadonlyMap<string, CachedPrompt>,
  { alias, key, tokens }: Prompt,
  now: number,
): readonly [ReadonlyMap<string, CachedPrompt>, number] {
  const id = `${alias} ${key}`;
  const seen = prompts.get(id);
  const known = seen !== undefined && seen.atMs + PROMPT_CACHE_TTL_MS > now ? Math.min(seen.tokens, tokens) : 0;
  const cachedTokens = Math.floor(known / CACHE_BLOCK_TOKENS) * CACHE_BLOCK_TOKENS;
  return [put(prompts, [id, { atMs: now, tokens }], PROMPTS_MAX), cachedTokens];
}
