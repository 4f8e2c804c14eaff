/**
 * What makes OpenCode 1.18 send a request again, whatever its status: it searches message and body of every failure
 * for these.
 * Why: an answer that is meant for the user must match none of them, or the user waits through five retries before
 * seeing it.
 * test/integration/plugin/host-words.spec.ts compares this list with the one inside the pinned OpenCode.
 */
export const RETRY_WORDS: readonly RegExp[] = [
  /429|500|502|503|504|524/i,
  /rate increased too quickly|rate limit|rate-limit|rate_limit|too many requests/i,
  /overloaded|service unavailable|service_unavailable|service-unavailable|internal error|internal_error|internal server error|server error|server_error|server-error|provider returned error|provider_returned_error|provider-returned-error/i,
  /terminated|fetch failed|failed to fetch|network[-_\s]error|upstream connect|connection error|connection refused|connection lost|socket connection was closed|socket hang up|reset before headers|getaddrinfo|enotfound|eai_again|econnrefused|econnreset|etimedout/i,
  /^timeout$|\b(?:request|response|connection|network|stream|read) (?:timeout|timed out|time out)\b/i,
  /try your request again|retry your request|resource exhausted|resource_exhausted/i,
  /\btry again (?:later|in\b)|\b(?:currently|temporarily) at capacity\b/i,
];

/** Invisible, zero columns wide, and forbids a line break: it splits a word for a program but not for a reader. */
const WORD_JOINER = '\u2060';

/** Splits at most so many matches in one text; each split removes one. */
const SPLITS_MAX = 200;

/** What is left when a text cannot be made safe. */
const LAST_RESORT = 'oma could not send this request; `oma status` says why.';

/**
 * Keeps a text readable but makes sure that OpenCode does not take it for a passing failure, however accounts and
 * models are named.
 */
export function unretryable(text: string): string {
  let safe = text;
  for (let splits = 0; splits < SPLITS_MAX; splits += 1) {
    const match = RETRY_WORDS.map((words) => words.exec(safe)).find((found) => found !== null);
    if (match === undefined) return safe;
    safe = `${safe.slice(0, match.index + 1)}${WORD_JOINER}${safe.slice(match.index + 1)}`;
  }
  return LAST_RESORT;
}
