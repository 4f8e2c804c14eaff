/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Longest text that is looked through, in characters; the rest is cut off, never let through unseen. */
const TEXT_LENGTH_MAX = 65_536;
/** How deep a value is followed, and how many entries of each list or object. */
const DEPTH_MAX = 8;
const ENTRIES_MAX = 1_000;
/** How many clean texts and keys are remembered, and how long such a text may be, in characters. */
const MEMORY_MAX = 4_096;
const MEMORABLE_LENGTH_MAX = 64;

/** Shortest stretch of letters and digits that may be a key or token by its look alone. */
const RANDOM_LENGTH_MIN = 32;
/** A value of a doubtful key that is this short is no secret. */
const PLAIN_LENGTH_MAX = 8;

/** Names whose value is a secret whatever it looks like. */
const SECRET_NAME =
  '(?:token|secret|password|passwd|passphrase|authorization|cookie|api[_-]?key|verifier|credential)s?';
/** Names of secrets and of harmless words alike: the value decides. */
const DOUBTFUL_NAME = '(?:refresh|access|code|state|nonce|key|session|launch)';
const SECRET_KEY = new RegExp(`${SECRET_NAME}$`, 'i');
const DOUBTFUL_KEY = new RegExp(`${DOUBTFUL_NAME}$`, 'i');
/** A name and its separator: `name=`, `name: `, `"name":`, `\\"name\\":` or percent-encoded. */
const NAMED = new RegExp(`(?:(${SECRET_NAME})|${DOUBTFUL_NAME})(?:\\\\*["'\`]|%22)?\\s*(?:[:=]|%3A|%3D)>?\\s*`, 'gi');
/** Without one of these no name has a value. */
const SEPARATOR = /[:=%]/;
/** A text without a match holds nothing to replace, which is most texts. */
const SUSPECT = /[:=%@/\\]|[A-Za-z0-9_~.-]{16}|bearer|basic/i;
/** Ids and instants of ours, which look random but are no secrets. */
const OWN_SHAPE =
  /^(?:(?:[a-z]{1,12}-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)$/;
const HEADER_NAME = /^(?:authorization|cookies?)$/i;
const OPENING = /^(?:(\\*)(["'`])|%22|\[)/;
const DONE = /^\[?\[redacted\](?![\w~+/-])/;
const BARE_VALUE = /^[^\s"'`,;&<>(){}[\]\\]*/;
const REST_OF_LINE = /^[^\r\n"'`\\]*/;
const HARMLESS = /^(?:null|true|false|undefined|none|\d{1,12}|\[redacted\])?$/i;
const PLAIN_WORDS = /^(?:[a-z]{1,20}(?:[ _.-](?:[a-z]{1,20}|[a-z0-9]{1,4})){0,7}|[A-Z]{1,20}(?:_[A-Z0-9]{1,20}){0,7})$/;

const STRETCH = /[A-Za-z0-9_~.-]{16,}/g;
const KNOWN_PREFIX =
  /(?:^|[^A-Za-z0-9])(?:sk|rk|pk|rt|ac|sess|gh[a-z]|github_pat|xox[a-z])[-_.](?=[A-Za-z_.-]*[A-Z0-9])[A-Za-z0-9_.-]{8,}/;
const SCHEME = /\b(bearer|basic)(?:\s+|%20|\+)[^\s"'`,;\\]+/gi;
const USER_INFO = /:\/\/[^\s/@"'\\]{1,256}@/g;
const EMAIL = /[\p{L}\p{N}._%+-]{1,64}(?:@|%40)[\p{L}\p{N}.-]{1,253}\.\p{L}{2,24}/gu;
const HOME =
  /(?<![\w.-])(?:\\{0,4}\/(?:var\\{0,4}\/)?(?:home|Users)\\{0,4}\/[^\s/"'`\\:;,)\]}]+|\\{0,4}\/root(?![\w.-]))|\b[a-z]:\\{1,8}Users\\{1,8}[^\s"'`\\]+/gi;

/** Replaces every token, cookie, code, e-mail and home path in a text; what is left may be logged. */
export function redact(text: string): string {
  if (!SUSPECT.test(text) || OWN_SHAPE.test(text)) return text;
  return withoutPeople(redactSecrets(text));
}

/** Replaces every token, cookie and code in a text, and leaves e-mails and paths, which their owner may see. */
export function redactSecrets(text: string): string {
  if (!SUSPECT.test(text) || OWN_SHAPE.test(text)) return text;
  const bounded = text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}[cut off]` : text;
  const unnamed = SEPARATOR.test(bounded) ? withoutNamed(bounded) : bounded;
  return unnamed
    .replace(SCHEME, `$1 ${REDACTED}`)
    .replace(USER_INFO, `://${REDACTED}@`)
    .replace(STRETCH, (stretch) => (isRandom(stretch) ? REDACTED : stretch));
}

/** Does to every text and key of a value what `redact` does; errors, maps, sets, URLs and the like become plain objects. */
export function redactValue(value: unknown, memory = new RedactionMemory()): unknown {
  return walk(value, { clean: redact, memory, above: [] });
}

/** Does to every text and key of a record what `redactSecrets` does. */
export function redactSecretsIn(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return walkObject(Object.entries(record), { clean: redactSecrets, memory: new RedactionMemory(), above: [] });
}

/** Remembers short texts and keys that need no change. Why: log lines repeat themselves, and looking through a text costs far more than this. */
export class RedactionMemory {
  readonly #texts = new Set<string>();
  readonly #keys = new Map<string, KeyKind>();

  /** Cleans a text, or knows that it is clean. */
  text(text: string, clean: (text: string) => string): string {
    if (this.#texts.has(text)) return text;
    const cleaned = clean(text);
    if (cleaned === text && text.length <= MEMORABLE_LENGTH_MAX) {
      if (this.#texts.size >= MEMORY_MAX) this.#texts.clear();
      this.#texts.add(text);
    }
    return cleaned;
  }

  /** Tells what a key says about its value. */
  key(key: string): KeyKind {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const kind = kindOfKey(key);
    if (this.#keys.size >= MEMORY_MAX) this.#keys.clear();
    this.#keys.set(key, kind);
    return kind;
  }
}

type KeyKind = 'secret' | 'doubtful' | 'plain';

function kindOfKey(key: string): KeyKind {
  if (SECRET_KEY.test(key)) return 'secret';
  return DOUBTFUL_KEY.test(key) ? 'doubtful' : 'plain';
}

function withoutPeople(text: string): string {
  const masked = text.includes('@') || text.includes('%40') ? text.replace(EMAIL, '[email]') : text;
  return masked.includes('/') || masked.includes('\\') ? masked.replace(HOME, '~') : masked;
}

/** Replaces the values behind telling names. */
function withoutNamed(text: string): string {
  let clean = '';
  let done = 0;
  for (const match of text.matchAll(NAMED)) {
    if (match.index < done) continue;
    const valueAt = match.index + match[0].length;
    const [from, to] = valueRange(text, valueAt, match[1]);
    const isQuery = '?&#'.includes(text.charAt(match.index - 1) || ' ');
    const isSecret = match[1] !== undefined || isQuery;
    if (!isTelling(text.slice(from, to), isSecret)) continue;
    clean += text.slice(done, from) + REDACTED;
    done = to;
  }
  return clean + text.slice(done);
}

/** Finds where a value begins and ends: a quoted text at any level of escaping, a list, the rest of a header or a bare word. */
function valueRange(text: string, at: number, name: string | undefined): readonly [number, number] {
  const rest = text.slice(at);
  if (DONE.test(rest)) return [at, at];
  const opening = OPENING.exec(rest);
  if (opening === null) {
    const bare = name !== undefined && HEADER_NAME.test(name) ? REST_OF_LINE : BARE_VALUE;
    return [at, at + (bare.exec(rest)?.[0].length ?? 0)];
  }
  const [mark, escapes = '', quote] = opening;
  const from = at + mark.length;
  if (quote !== undefined) return [from, closingQuote(text, from, { quote, escapes: escapes.length })];
  return [from, endOf(text, mark === '[' ? ']' : mark, from)];
}

/** Finds the quote that ends a value which a quote behind so many backslashes began, at any level of JSON inside JSON. */
function closingQuote(
  text: string,
  from: number,
  opening: { readonly quote: string; readonly escapes: number },
): number {
  const { quote, escapes } = opening;
  let end = endOf(text, quote, from);
  // Each level turns n backslashes before a quote into 2n + 1; undone, an odd number belongs to the value.
  while (end < text.length && ((escapesBefore(text, end) - escapes) / (escapes + 1)) % 2 > 0)
    end = endOf(text, quote, end + 1);
  return end - Math.min(escapes, escapesBefore(text, end), end - from);
}

function escapesBefore(text: string, at: number): number {
  let count = 0;
  while (text.charAt(at - 1 - count) === '\\') count += 1;
  return count;
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at === -1 ? text.length : at;
}

function isTelling(value: string, isSecret: boolean): boolean {
  if (HARMLESS.test(value)) return false;
  return isSecret || (value.length > PLAIN_LENGTH_MAX && !PLAIN_WORDS.test(value));
}

/** Tells a key or token by its look. */
function isRandom(stretch: string): boolean {
  if (stretch.includes('eyJ') || KNOWN_PREFIX.test(stretch)) return true;
  if (stretch.startsWith('ey') && stretch.includes('.')) return true;
  return stretch.length >= RANDOM_LENGTH_MIN && stretch.split('.').some(isMixed);
}

function isMixed(part: string): boolean {
  if (part.length < RANDOM_LENGTH_MIN) return false;
  const upper = part.replace(/[^A-Z]/g, '').length;
  const lower = part.replace(/[^a-z]/g, '').length;
  const digits = part.replace(/[^0-9]/g, '').length;
  return upper >= 3 && lower >= 3 && digits >= 2;
}

interface Walk {
  readonly clean: (text: string) => string;
  readonly memory: RedactionMemory;
  /** The objects that the value is in, outermost first. */
  readonly above: readonly object[];
}

function walk(value: unknown, at: Walk): unknown {
  if (typeof value === 'string') return at.memory.text(value, at.clean);
  if (typeof value === 'object') return value === null ? null : walkInside(value, at);
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'function' || typeof value === 'symbol' ? `[${typeof value}]` : value;
}

function walkInside(value: object, at: Walk): unknown {
  if (at.above.includes(value)) return '[circular]';
  if (at.above.length >= DEPTH_MAX) return '[too deep]';
  const inside = { ...at, above: [...at.above, value] };
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((item: unknown) => walk(item, inside));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return walkObject(Object.entries(value), inside);
  return walkSpecial(value, inside);
}

function walkSpecial(value: object, at: Walk): unknown {
  if (value instanceof Error) return walkObject(partsOfError(value), at);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return at.clean(value.href);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Set) return walkInside([...value], at);
  if (value instanceof Map || value instanceof Headers)
    return walkObject(
      [...value].map(([key, item]) => [String(key), item]),
      at,
    );
  return walkObject(Object.entries(value), at);
}

function walkObject(entries: readonly (readonly [string, unknown])[], at: Walk): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [key, value] of entries.length > ENTRIES_MAX ? entries.slice(0, ENTRIES_MAX) : entries) {
    // Assigning this key would change the prototype instead.
    if (key !== '__proto__')
      clean[at.memory.text(key, at.clean)] = isSecretEntry(at.memory.key(key), value) ? REDACTED : walk(value, at);
  }
  return clean;
}

function isSecretEntry(kind: KeyKind, value: unknown): boolean {
  if (kind === 'plain' || value === null) return false;
  if (kind === 'secret') return typeof value === 'object' || typeof value === 'string';
  return typeof value === 'string' && isTelling(value, false);
}

function partsOfError(error: Error): (readonly [string, unknown])[] {
  const own = Object.entries(error).filter(([key]) => key !== 'name');
  const parts: (readonly [string, unknown])[] = [
    ['name', error.name],
    ['message', error.message],
    ['stack', error.stack],
    ...own,
  ];
  if (error.cause !== undefined) parts.push(['cause', error.cause]);
  if (error instanceof AggregateError) parts.push(['errors', error.errors]);
  return parts;
}
