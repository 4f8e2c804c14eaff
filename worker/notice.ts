import { isHttpsOrLoopback } from '../contract/address.ts';
import type { NoticeTopic } from '../contract/notice.ts';
import type { Params, Result } from '../contract/operation.ts';
import type { EpochMs } from '../contract/scalars.ts';
import type { WorkerOperations } from '../contract/worker-operations.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { Deps } from './deps.ts';
import { retryAfter } from './retry-after.ts';
import { type Answer, ask } from './upstream.ts';

/** Longest time for one message, in milliseconds. */
const SEND_MS = 10_000;

/** Priorities of ntfy, 1 to 5: only what stops work is above the usual. */
const PRIORITY = {
  'window-low': '3',
  'needs-login': '4',
  'pool-dry': '5',
  'pool-recovered': '3',
  'force-expired': '3',
  test: '3',
} as const satisfies Record<NoticeTopic, string>;

/** Only the provider's clock matters to tokens, not that of whoever receives a message. */
const NO_CLOCK: ClockWatch = { saw: () => undefined, skew: () => null };

/** What an answer other than success means for people, by its status. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'does not understand it; see that the address is of a service that takes this format',
  401: 'wants a login or another one; correct the address',
  403: 'does not let this address write; correct it or make a new one',
  404: 'knows no such address; correct it or make a new one',
  405: 'takes no messages there; correct the address',
  410: 'has given this address up; make a new one',
  413: 'finds it too large',
  429: 'wants fewer messages',
};

type NoticeParams = Params<WorkerOperations, 'notice.send'>;
type NoticeResult = Result<WorkerOperations, 'notice.send'>;

/** Sends one message, once; what became of it is told in fixed words, since an address may hold a secret. */
export async function sendNotice(deps: Deps, params: NoticeParams): Promise<NoticeResult> {
  if (!isHttpsOrLoopback(params.url))
    return refused('The address is neither https nor http on loopback: correct it.', null);
  const { url, authorization } = withoutLogin(params.url);
  const { headers, body } = formOf(params);
  const reply = await ask(
    { ...deps, clock: NO_CLOCK },
    {
      method: 'POST',
      url,
      deadlineMs: SEND_MS,
      headers: authorization === null ? headers : { ...headers, authorization },
      body,
      whom: 'The receiver',
    },
  );
  if (reply.kind === 'failure') return refused(reply.message, reply.reason === 'too-large' ? null : 0);
  return reply.status >= 200 && reply.status < 300
    ? { sent: true, message: 'Sent.', retryAfterMs: null }
    : refusalOf(reply, deps.now());
}

/** Why 408, 429 and 5xx: the others say that the same message will be refused again. */
function refusalOf({ status, headers }: Answer, now: EpochMs): NoticeResult {
  const isPassing = status === 408 || status === 429 || status >= 500;
  const means =
    REFUSALS[status] ??
    (status < 400
      ? 'is at another address; name that one'
      : isPassing
        ? 'has trouble of its own'
        : 'refused it; check the address');
  const at = isPassing ? retryAfter(headers, now) : null;
  return refused(`The receiver ${means} (HTTP ${String(status)}).`, isPassing ? Math.max(0, (at ?? now) - now) : null);
}

function refused(message: string, retryAfterMs: number | null): NoticeResult {
  return { sent: false, message, retryAfterMs };
}

/** Why: fetch takes no login in an address, though it is how a topic of ntfy of one's own is written. */
function withoutLogin(address: string): { readonly url: string; readonly authorization: string | null } {
  const url = new URL(address);
  const { username, password } = url;
  if (username === '' && password === '') return { url: address, authorization: null };
  url.username = '';
  url.password = '';
  const login = `${decoded(username)}:${decoded(password)}`;
  return { url: url.href, authorization: `Basic ${Buffer.from(login, 'utf8').toString('base64')}` };
}

/** A password may hold a percent sign that nobody encoded; it is then meant as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function formOf({ format, notice }: NoticeParams): {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
} {
  const { kind, at, title, message } = notice;
  switch (format) {
    case 'ntfy':
      return {
        headers: { 'content-type': 'text/plain; charset=utf-8', title: ascii(title), priority: PRIORITY[kind] },
        body: message,
      };
    case 'webhook':
      return {
        headers: { 'content-type': 'application/json' },
        // `text` is what the chat programs show.
        body: JSON.stringify({ source: 'oma', kind, at, title, message, text: `${title}: ${message}` }),
      };
  }
}

/** A header takes no other characters. */
function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
