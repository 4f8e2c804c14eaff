import { isHttpsOrLoopback } from '../contract/address.ts';
import type { Params, Result } from '../contract/operation.ts';
import type { WorkerOperations } from '../contract/worker-operations.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { Deps } from './deps.ts';
import { ask } from './upstream.ts';

/** Longest time for one message, in milliseconds. */
const SEND_MS = 10_000;

/** Priorities of ntfy, 1 to 5: only what stops work is above the usual. */
const PRIORITY = {
  'window-low': '3',
  'needs-login': '4',
  'pool-dry': '5',
  'pool-recovered': '3',
  'force-expired': '3',
} as const;

/** Only the provider's clock matters to tokens, not that of whoever receives a message. */
const NO_CLOCK: ClockWatch = { saw: () => undefined, skew: () => null };

type NoticeParams = Params<WorkerOperations, 'notice.send'>;

/** Sends one message, once; what became of it is told in fixed words, since an address may hold a secret. */
export async function sendNotice(deps: Deps, params: NoticeParams): Promise<Result<WorkerOperations, 'notice.send'>> {
  if (!isHttpsOrLoopback(params.url))
    return { sent: false, message: 'The address is neither https nor http on loopback.' };
  const reply = await ask(
    { ...deps, clock: NO_CLOCK },
    { method: 'POST', url: params.url, deadlineMs: SEND_MS, ...formOf(params) },
  );
  if (reply.kind === 'failure') return { sent: false, message: reply.message };
  const isTaken = reply.status >= 200 && reply.status < 300;
  return { sent: isTaken, message: isTaken ? 'Sent.' : `The receiver refused it (HTTP ${String(reply.status)}).` };
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
