import type { FaultInput } from '../../cli/simulator/faults.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Who is blamed for a fault. Shape: `forMs` is the cooldown; `needs-login` lasts until a person logs in. */
export type Blame =
  | { readonly who: 'nobody' }
  | { readonly who: 'account'; readonly because: string; readonly forMs: number }
  | { readonly who: 'account and model'; readonly forMs: number }
  | { readonly who: 'needs-login' };

/** What the user sees: the answer, of the account that was asked first or of another one; or a message. */
export type Sees =
  | { readonly answer: 'same account' | 'another account'; readonly toast?: string }
  /** Shape: `afterTries` = OpenCode itself tries again for a minute before it shows it. */
  | { readonly error: string; readonly afterTries?: true }
  | { readonly waits: 'until Esc' };

/** One row of the table of docs/QA.md: a fault of the provider, and everything that must follow from it. */
export interface UpstreamFault {
  readonly title: string;
  /** Armed in this order; each hits whoever asks. */
  readonly faults: readonly FaultInput[];
  /** Where there is no provider at all. */
  readonly provider?: 'refuses connections' | 'has no address';
  /** Requests that reach the provider. */
  readonly requests: number;
  readonly blame: Blame;
  readonly sees: Sees;
}

const NOBODY: Blame = { who: 'nobody' };
const SAME: Sees = { answer: 'same account' };

function moved(why: string): Sees {
  return { answer: 'another account', toast: `Moved from … to …: … ${why}.` };
}

function account(because: string, forMs: number): Blame {
  return { who: 'account', because, forMs };
}

/** Every fault of the provider that oma promises to survive, and how. Why one table: the test asserts it and docs/QA.md prints it. */
export const UPSTREAM_FAULTS: readonly UpstreamFault[] = [
  { title: '401, token expired', faults: [{ kind: 'token-expired' }], requests: 2, blame: NOBODY, sees: SAME },
  {
    title: '401 again after the refresh',
    faults: [{ kind: 'token-expired', times: 2 }],
    requests: 3,
    blame: account('unauthorized', MINUTE_MS),
    sees: moved('was refused its login'),
  },
  {
    title: '401, and the login is revoked',
    faults: [{ kind: 'token-invalidated' }, { kind: 'refresh-invalidated' }],
    requests: 2,
    blame: { who: 'needs-login' },
    sees: moved('was refused its login'),
  },
  {
    title: '402, workspace deactivated',
    faults: [{ kind: 'workspace-deactivated' }],
    requests: 2,
    blame: account('workspace-deactivated', 30 * MINUTE_MS),
    sees: moved('belongs to a deactivated workspace'),
  },
  {
    title: '403',
    faults: [{ kind: 'forbidden' }],
    requests: 2,
    blame: account('forbidden', 5 * MINUTE_MS),
    sees: moved('may not do this'),
  },
  {
    title: '403, a page of a gateway',
    faults: [{ kind: 'cloudflare' }],
    requests: 2,
    blame: account('challenged', 10 * SECOND_MS),
    sees: moved('was turned away by a gateway'),
  },
  {
    title: '429 that names its reset (in 2 h)',
    faults: [{ kind: 'usage-limit', resetsInSeconds: 7_200 }],
    requests: 2,
    blame: account('rate-limited', 2 * HOUR_MS),
    sees: moved('is at its limit'),
  },
  {
    title: '429 with retry-after (90 s)',
    faults: [{ kind: 'rate-limit-retry-after', retryAfterSeconds: 90 }],
    requests: 2,
    blame: account('rate-limited', 90 * SECOND_MS),
    sees: moved('is at its limit'),
  },
  {
    title: '429 without a reset',
    faults: [{ kind: 'rate-limit-bare' }],
    requests: 2,
    blame: account('rate-limited', 5 * MINUTE_MS),
    sees: moved('is at its limit'),
  },
  {
    title: '429 of another meter (one model)',
    faults: [{ kind: 'usage-limit-other-meter', resetsInSeconds: 7_200 }],
    requests: 2,
    blame: { who: 'account and model', forMs: 2 * HOUR_MS },
    sees: moved('is at its limit'),
  },
  {
    title: '429 for every account',
    faults: [{ kind: 'usage-limit', times: 3, resetsInSeconds: 7_200 }],
    requests: 3,
    blame: account('rate-limited', 2 * HOUR_MS),
    sees: {
      error:
        'oma tried 3 accounts in vain: … is at its limit, back at …; … is at its limit, back at …; … is at its limit, back at …. See `oma status`.',
    },
  },
  {
    title: '400, model not supported',
    faults: [{ kind: 'model-unsupported' }],
    requests: 2,
    blame: { who: 'account and model', forMs: HOUR_MS },
    sees: moved('may not use this model'),
  },
  {
    title: '404, model not found',
    faults: [{ kind: 'model-not-found' }],
    requests: 2,
    blame: { who: 'account and model', forMs: HOUR_MS },
    sees: moved('may not use this model'),
  },
  {
    title: '400, effort not supported',
    faults: [{ kind: 'effort-unsupported' }],
    requests: 1,
    blame: NOBODY,
    sees: { error: "Unsupported value: 'medium' is not supported with the 'gpt-5.5' model. …" },
  },
  {
    title: '400, anything else',
    faults: [{ kind: 'bad-request' }],
    requests: 1,
    blame: NOBODY,
    sees: { error: "Invalid type for 'input[0].content': …" },
  },
  { title: '500 once', faults: [{ kind: 'server-error' }], requests: 2, blame: NOBODY, sees: SAME },
  { title: '503 once, retry-after an hour', faults: [{ kind: 'unavailable' }], requests: 2, blame: NOBODY, sees: SAME },
  {
    title: '502 twice',
    faults: [{ kind: 'bad-gateway', times: 2 }],
    requests: 3,
    blame: account('server-error', 10 * SECOND_MS),
    sees: moved('met a failing provider'),
  },
  {
    title: 'connection refused',
    faults: [],
    provider: 'refuses connections',
    requests: 0,
    blame: NOBODY,
    sees: { error: 'Cannot connect to API: …', afterTries: true },
  },
  {
    title: 'DNS failure',
    faults: [],
    provider: 'has no address',
    requests: 0,
    blame: NOBODY,
    sees: { error: 'Cannot connect to API: …', afterTries: true },
  },
  {
    title: 'reset before the headers',
    faults: [{ kind: 'reset-before-headers' }],
    requests: 2,
    blame: NOBODY,
    sees: SAME,
  },
  {
    title: 'cut before the first byte',
    faults: [{ kind: 'cut-before-first-byte' }],
    requests: 2,
    blame: NOBODY,
    sees: SAME,
  },
  { title: 'cut in mid-stream', faults: [{ kind: 'cut-mid-stream' }], requests: 2, blame: NOBODY, sees: SAME },
  { title: 'ended in mid-stream', faults: [{ kind: 'end-early' }], requests: 2, blame: NOBODY, sees: SAME },
  {
    title: 'stall before the headers',
    faults: [{ kind: 'stall-before-headers' }],
    requests: 1,
    blame: NOBODY,
    sees: { waits: 'until Esc' },
  },
  {
    title: 'stall in mid-stream',
    faults: [{ kind: 'stall-mid-stream' }],
    requests: 1,
    blame: NOBODY,
    sees: { waits: 'until Esc' },
  },
  {
    title: '200 whose first event is a rate limit of 1 s',
    faults: [{ kind: 'response-failed-rate-limit' }],
    requests: 2,
    blame: account('rate-limited', SECOND_MS),
    sees: moved('is at its limit'),
  },
  {
    title: '200 with a page instead of a stream',
    faults: [{ kind: 'html-200' }],
    requests: 2,
    blame: account('challenged', 10 * SECOND_MS),
    sees: moved('was turned away by a gateway'),
  },
  {
    title: '200 with an error as JSON',
    faults: [{ kind: 'json-error-200' }],
    requests: 2,
    blame: NOBODY,
    sees: SAME,
  },
  { title: 'malformed SSE in mid-stream', faults: [{ kind: 'malformed-sse' }], requests: 2, blame: NOBODY, sees: SAME },
  { title: 'a compressed body', faults: [{ kind: 'gzip' }], requests: 1, blame: NOBODY, sees: SAME },
  { title: 'an answer of 10 MB', faults: [{ kind: 'huge' }], requests: 1, blame: NOBODY, sees: SAME },
  {
    title: 'a first byte after 1 s',
    faults: [{ kind: 'slow', delayMs: 1_000 }],
    requests: 1,
    blame: NOBODY,
    sees: SAME,
  },
];

/** Tells whether a text is a message of the table, in which … stands for anything. */
export function isMessage(text: string, message: string): boolean {
  const parts = message.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`, 's').test(text);
}

/** Renders the table as docs/QA.md has it. */
export function faultTable(): readonly (readonly string[])[] {
  const head = ['the provider', 'who is blamed', 'for how long', 'what the user sees', 'requests'];
  const rows = UPSTREAM_FAULTS.map(({ title, blame, sees, requests }) => [
    title,
    ...blameText(blame),
    seesText(sees),
    String(requests),
  ]);
  return [head, ...rows];
}

function blameText(blame: Blame): readonly [who: string, howLong: string] {
  if (blame.who === 'nobody') return ['nobody', '–'];
  if (blame.who === 'needs-login') return ['the login', 'until `oma reauth`'];
  const minutes = blame.forMs / MINUTE_MS;
  return [`the ${blame.who}`, minutes < 1 ? `${String(minutes * 60)} s` : `${String(minutes)} min`];
}

function seesText(sees: Sees): string {
  if ('waits' in sees) return 'nothing more, until Esc or OpenCode’s own deadline';
  if ('error' in sees)
    return `“${sees.error}”${sees.afterTries === true ? ', after a minute of OpenCode’s own tries' : ''}`;
  return sees.answer === 'same account' ? 'the answer' : `the answer of another account, “${sees.toast ?? ''}”`;
}
