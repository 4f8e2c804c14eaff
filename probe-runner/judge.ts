import * as z from 'zod';

import { isSupported, namesAccount } from '../contract/codex-version.ts';
import { MAIN_LIMIT_ID } from '../contract/limits.ts';
import type { EpochMs } from '../contract/scalars.ts';
import { type ExecEvidence, type Failure, failure, type SessionFile, type Verdict } from './evidence.ts';
import { hasMainMeter, type Meter, reportedWindows, sessionLimitsSchema } from './meters.ts';
import {
  parsePrinted,
  parseSession,
  type PrintedLine,
  type SessionLine,
  skimPrinted,
  skimSession,
} from './parse-report.ts';
import { excerpt, refusalOf } from './refusal.ts';

/**
 * Decides what one run of codex proves: `complete` or `no_data` only for a whole session of one turn that succeeded, else why not.
 * Why: a failed turn of the real codex writes figures and even a `task_complete`, so no single sign proves anything.
 */
export function judge(evidence: ExecEvidence): Verdict {
  return badEnding(evidence) ?? cut(evidence) ?? judgePrinted(evidence);
}

/** Whatever was cut anywhere but between two lines ends without a line break. */
function cut({ stdout, sessions }: ExecEvidence): Failure | null {
  return [stdout, ...sessions.map(({ text }) => text)].every((text) => text.endsWith('\n'))
    ? null
    : incomplete('What codex left breaks off');
}

function judgePrinted(evidence: ExecEvidence): Verdict {
  const printed = parsePrinted(evidence.stdout);
  if (printed === null) return incomplete('What codex printed breaks off or is not JSON');
  const failed = printed.find(({ type }) => type === 'turn.failed');
  if (failed !== undefined) return refusalOf({ message: failed.error?.message ?? '', info: null });
  return printedDoubt(printed) ?? judgeSession(evidence, printed[0]?.thread_id ?? '');
}

function judgeSession(evidence: ExecEvidence, threadId: string): Verdict {
  const file = only(evidence.sessions);
  if (file === undefined || !file.name.endsWith(`-${threadId}.jsonl`))
    return incomplete('There is not exactly one session file of this run');
  const lines = parseSession(file.text);
  if (lines === null) return incomplete('The session file breaks off or has gaps');
  return metaDoubt(lines, evidence, threadId) ?? turnDoubt(lines, evidence) ?? figures(lines, evidence, file.name);
}

/** Clocks of one machine, read by two programs, may differ by so much, in milliseconds. */
const CLOCK_TOLERANCE_MS = 2_000;

function badEnding(evidence: ExecEvidence): Failure | null {
  switch (evidence.killedFor) {
    case 'cancel':
      return failure('CANCELLED', 'The probe was cancelled.');
    case 'deadline':
      return failure('TIMED_OUT', 'codex did not end in time and was stopped.');
    case 'output':
      return failure('UNKNOWN_SHAPE', 'codex printed more than a probe can need and was stopped.');
    case null:
      break;
  }
  if (evidence.signal !== null) return failure('INTERRUPTED', `codex was ended from outside (${evidence.signal}).`);
  if (!isSupported(evidence.codexVersion))
    return failure('UNSUPPORTED_CODEX', `codex ${evidence.codexVersion} is too old.`);
  return evidence.exitCode === 0 ? null : refused(evidence);
}

function refused({ exitCode, stdout, stderr, sessions }: ExecEvidence): Failure {
  const printed = skimPrinted(stdout);
  const message = printed.find(({ type }) => type === 'turn.failed')?.error?.message;
  if (message !== undefined) return refusalOf({ message, info: errorInfo(sessions) });
  if (printed.length > 0) return failure('INTERRUPTED', 'codex stopped before its turn ended.');
  const reason = excerpt(stderr) || `it printed nothing and ended with exit code ${String(exitCode)}.`;
  return failure('UNKNOWN_SHAPE', `codex did not start: ${reason}`);
}

const completeErrorSchema = z.object({
  type: z.literal('task_complete'),
  error: z.object({ codex_error_info: z.unknown() }),
});

function errorInfo(sessions: readonly SessionFile[]): unknown {
  const last = skimSession(sessions[0]?.text ?? '', 'task_complete').at(-1);
  const complete = completeErrorSchema.safeParse(last?.payload);
  return complete.success ? complete.data.error.codex_error_info : null;
}

function printedDoubt(printed: readonly PrintedLine[]): Failure | null {
  const count = (type: string): number => printed.filter((line) => line.type === type).length;
  // An item of type "error" is only a warning and appears in good runs.
  const answer = only(
    printed.flatMap(({ type, item }) => (type === 'item.completed' && item?.type === 'agent_message' ? [item] : [])),
  );
  return demand([
    [printed[0]?.type === 'thread.started' && count('thread.started') === 1, 'codex did not print one thread'],
    [count('turn.started') === 1, 'codex did not print one turn'],
    [
      printed.at(-1)?.type === 'turn.completed' && count('turn.completed') === 1,
      'codex did not print the end of its turn',
    ],
    [count('error') === 0, 'codex printed an error'],
    [isText(answer?.text), 'codex did not print one answer'],
  ]);
}

const metaSchema = z.object({
  id: z.string(),
  cli_version: z.string(),
  timestamp: z.iso.datetime(),
  creator_account_id: z.string().nullish(),
  forked_from_id: z.null().optional(),
  parent_thread_id: z.null().optional(),
});

function metaDoubt(lines: readonly SessionLine[], evidence: ExecEvidence, threadId: string): Failure | null {
  const line = only(lines.filter(({ type }) => type === 'session_meta'));
  if (line === undefined || line !== lines[0]) return incomplete('The session file does not hold one session');
  const meta = metaSchema.safeParse(line.payload).data;
  if (meta === undefined) return unknown('The head of the session file');
  if (meta.cli_version !== evidence.codexVersion)
    return unknown(`The session file of codex ${excerpt(meta.cli_version)} instead of ${evidence.codexVersion}`);
  return demand([
    [meta.id === threadId, 'The session file belongs to another run'],
    [!isOlder(meta.timestamp, evidence), 'The session is older than this run'],
    [ranAs(meta.creator_account_id, evidence), 'The session did not run as this account'],
  ]);
}

/** Before codex named accounts, its silence proves nothing; since then, it ran as nobody. */
function ranAs(creator: string | null | undefined, { accountId, codexVersion }: ExecEvidence): boolean {
  return creator === undefined || creator === null ? !namesAccount(codexVersion) : creator === accountId;
}

const turnSchema = z.object({ turn_id: z.string().min(1) });
const completedSchema = turnSchema.extend({ error: z.null().optional(), last_agent_message: z.string().trim().min(1) });
const contextSchema = turnSchema.extend({ model: z.string(), effort: z.string() });

const BAD_EVENTS: ReadonlySet<unknown> = new Set(['turn_aborted', 'error', 'stream_error']);

function turnDoubt(lines: readonly SessionLine[], { model, effort }: ExecEvidence): Failure | null {
  const events = payloadsOf(lines, 'event_msg');
  const started = only(events.filter(({ type }) => type === 'task_started'));
  const completed = only(events.filter(({ type }) => type === 'task_complete'));
  const turn = turnSchema.safeParse(started).data?.turn_id;
  const end = completedSchema.safeParse(completed).data;
  const contexts = payloadsOf(lines, 'turn_context').map((payload) => contextSchema.safeParse(payload).data);
  const usage = turnSchema.safeParse(only(payloadsOf(lines, 'token_usage_record'))).data;
  return demand([
    [!events.some(({ type }) => BAD_EVENTS.has(type)), 'The turn was cut short'],
    [
      turn !== undefined && completed !== undefined && events.at(-1) === completed,
      'The session file does not hold one turn that ended',
    ],
    [end !== undefined, 'The turn ended with an error or without an answer'],
    [end?.turn_id === turn, 'The turn that ended is not the one that began'],
    [
      contexts.length > 0 && contexts.every((context) => context?.turn_id === turn),
      'The session file does not tell how the turn ran',
    ],
    [
      contexts.every((context) => context?.model === model && context.effort === effort),
      'codex ran another model or effort than asked',
    ],
    [usage?.turn_id === turn, 'The turn does not hold one completed answer of the model'],
  ]);
}

const countSchema = z.object({ info: z.record(z.string(), z.unknown()), rate_limits: sessionLimitsSchema.nullable() });

function figures(lines: readonly SessionLine[], evidence: ExecEvidence, sessionFile: string): Verdict {
  const line = only(lines.filter(({ type, payload }) => type === 'event_msg' && payload['type'] === 'token_count'));
  if (line === undefined) return incomplete('The session file does not hold one set of figures');
  if (line.payload['info'] === null) return incomplete('The figures are not those of a completed answer');
  if (isOlder(line.timestamp, evidence)) return incomplete('The figures are older than this run');
  const count = countSchema.safeParse(line.payload).data;
  if (count === undefined) return unknown('What the session file says of limits');
  return verdictOf(count.rate_limits, { observedAtMs: Date.parse(line.timestamp), sessionFile });
}

function verdictOf(
  meter: Meter | null,
  seen: { readonly observedAtMs: EpochMs; readonly sessionFile: string },
): Verdict {
  const windows = meter?.limitId === MAIN_LIMIT_ID ? reportedWindows([meter]) : [];
  if (windows === null) return unknown('What the session file says of windows');
  if (meter === null || !hasMainMeter(windows))
    return {
      kind: 'no_data',
      ...seen,
      message: 'The probe completed, but codex was told nothing about the main meter.',
    };
  return { kind: 'complete', ...seen, planType: meter.planType, windows };
}

function payloadsOf(lines: readonly SessionLine[], type: string): readonly SessionLine['payload'][] {
  return lines.filter((line) => line.type === type).map(({ payload }) => payload);
}

/** The one element of a list; undefined if there are none or several. */
function only<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}

function isText(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '';
}

function isOlder(timestamp: string, { startedAtMs }: ExecEvidence): boolean {
  return Date.parse(timestamp) < startedAtMs - CLOCK_TOLERANCE_MS;
}

/** The first claim that does not hold. */
function demand(claims: readonly (readonly [holds: boolean, otherwise: string])[]): Failure | null {
  const broken = claims.find(([holds]) => !holds);
  return broken === undefined ? null : incomplete(broken[1]);
}

function incomplete(what: string): Failure {
  return failure('INCOMPLETE', `${what}, so the probe proves nothing.`);
}

function unknown(what: string): Failure {
  return failure('UNKNOWN_SHAPE', `${what} is in a shape oma does not know. oma may need an update.`);
}
