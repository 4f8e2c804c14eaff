import { describe, expect, it } from 'vitest';

import type { ProbeFailureCode } from '../../../contract/limits.ts';
import type { ExecEvidence } from '../../../probe-runner/evidence.ts';
import { judge } from '../../../probe-runner/judge.ts';
import { recordedRun, recordedRuns } from '../../support/recorded-codex.ts';

const runs = recordedRuns();

describe('the authority rule, case by case', () => {
  it.each<readonly [string, Partial<ExecEvidence>, ProbeFailureCode]>([
    ['was stopped at its deadline', { killedFor: 'deadline', exitCode: null, signal: 'SIGTERM' }, 'TIMED_OUT'],
    ['was cancelled', { killedFor: 'cancel', exitCode: null, signal: 'SIGTERM' }, 'CANCELLED'],
    ['printed too much', { killedFor: 'output', exitCode: null, signal: 'SIGKILL' }, 'UNKNOWN_SHAPE'],
    ['was killed by somebody', { exitCode: null, signal: 'SIGKILL' }, 'INTERRUPTED'],
    ['ended with an exit code', { exitCode: 1 }, 'INTERRUPTED'],
    ['is of a version that numbers no lines', { codexVersion: '0.154.9' }, 'UNSUPPORTED_CODEX'],
    ['is of another version than was asked for', { codexVersion: '0.170.0' }, 'UNKNOWN_SHAPE'],
    ['ran another model', { model: 'gpt-5.5' }, 'INCOMPLETE'],
    ['ran another effort', { effort: 'medium' }, 'INCOMPLETE'],
    ['ran as another account', { accountId: 'acct-probe-2' }, 'INCOMPLETE'],
    ['is older than the run', { startedAtMs: Date.UTC(2026, 10, 24) }, 'INCOMPLETE'],
    ['left no session file', { sessions: [] }, 'INCOMPLETE'],
  ])('rejects a whole session when codex %s', (_, change, code) => {
    const success = runs.find(({ name }) => name === '0.169.0/success');
    expect(judge({ ...success!.evidence, ...change })).toMatchObject({ kind: 'failed', code });
  });

  it('names the signal that somebody ended codex with', () => {
    const killed = { ...recordedRun('0.169.0/success'), exitCode: null, signal: 'SIGKILL' };
    expect(judge(killed)).toMatchObject({ message: 'codex was ended from outside (SIGKILL).' });
  });

  it.each([
    ['what it complained of', 'Error loading config.toml', 'codex did not start: Error loading config.toml'],
    ['its exit code when it said nothing', '', 'codex did not start: it printed nothing and ended with exit code 3.'],
  ])('says of a codex that did not start %s', (_, stderr, message) => {
    const success = recordedRun('0.169.0/success');
    expect(judge({ ...success, exitCode: 3, stdout: '', stderr, sessions: [] })).toMatchObject({ message });
  });

  it('rejects a session of codex 0.169 that names no account, because it ran as nobody', () => {
    const success = runs.find(({ name }) => name === '0.169.0/success')!.evidence;
    const anonymous = success.sessions.map((session) => ({
      ...session,
      text: session.text.replace('"creator_account_id":"acct-probe-1",', ''),
    }));
    expect(anonymous[0]?.text).not.toBe(success.sessions[0]?.text);
    expect(judge({ ...success, sessions: anonymous })).toMatchObject({ kind: 'failed', code: 'INCOMPLETE' });
  });

  it.each([
    ['a fork', '"session_id"', '"forked_from_id":"01a2081d-0000-7000-8000-000000000000","session_id"'],
    ['a percentage that is no number', '"used_percent":12', '"used_percent":"12"'],
    ['a negative percentage', '"used_percent":12', '"used_percent":-1'],
    ['a window without an end', '"window_minutes":300', '"window_minutes":0'],
    ['the same window twice', '"window_minutes":300', '"window_minutes":10080'],
    ['figures from before the answer', /"info":\{.*?\},"rate_limits"/, '"info":null,"rate_limits"'],
    [
      'an error at its end',
      '"last_agent_message":"OK"',
      '"last_agent_message":"OK","error":{"message":"x","codex_error_info":"other"}',
    ],
    ['no answer at its end', '"last_agent_message":"OK"', '"last_agent_message":null'],
  ] as const)('rejects a session with %s', (_, what, by) => {
    const success = runs.find(({ name }) => name === '0.169.0/success')!.evidence;
    const changed = success.sessions.map((session) => ({ ...session, text: session.text.replace(what, by) }));
    expect(changed[0]?.text).not.toBe(success.sessions[0]?.text);
    expect(judge({ ...success, sessions: changed })).toMatchObject({ kind: 'failed' });
  });

  it.each<readonly [string, string, (lines: Line[]) => Line[]]>([
    [
      'turn that was aborted and went on',
      'The turn was cut short',
      (lines) => lines.toSpliced(8, 0, event({ type: 'turn_aborted', reason: 'interrupted' })),
    ],
    [
      'an error in its middle',
      'The turn was cut short',
      (lines) => lines.toSpliced(8, 0, event({ type: 'stream_error', message: 'x' })),
    ],
    [
      'a second turn that began',
      'one turn that ended',
      (lines) => lines.toSpliced(8, 0, event({ type: 'task_started', turn_id: 'other' })),
    ],
    ['an event after its end', 'one turn that ended', (lines) => [...lines, event({ type: 'something_new' })]],
    ['the end of another turn', 'not the one that began', withPayload('task_complete', { turn_id: 'other' })],
    ['no head', 'one session', (lines) => lines.slice(1)],
    ['two heads', 'one session', (lines) => [...lines.slice(0, 3), ...lines.slice(0, 1), ...lines.slice(3)]],
    [
      'a head of yesterday',
      'older than this run',
      withPayload('session_meta', { timestamp: '2026-11-22T11:14:38.532Z' }),
    ],
    ['a head that is no head', 'shape oma does not know', withPayload('session_meta', { id: 7 })],
    ['another thread in its head', 'belongs to another run', withPayload('session_meta', { id: 'other' })],
    ['a parent', 'shape oma does not know', withPayload('session_meta', { parent_thread_id: 'other' })],
    ['an origin', 'shape oma does not know', withPayload('session_meta', { forked_from_id: 'other' })],
    [
      'no word on how the turn ran',
      'does not tell how the turn ran',
      (lines) => lines.filter(({ type }) => type !== 'turn_context'),
    ],
    [
      'another turn in its context',
      'does not tell how the turn ran',
      withPayload('turn_context', { turn_id: 'other' }),
    ],
    ['another model in its context', 'another model or effort', withPayload('turn_context', { model: 'other' })],
    ['no usage', 'one completed answer', (lines) => lines.filter(({ type }) => type !== 'token_usage_record')],
    ['the usage of another turn', 'one completed answer', withPayload('token_usage_record', { turn_id: 'other' })],
    ['no figures', 'one set of figures', (lines) => lines.filter(({ payload }) => payload['type'] !== 'token_count')],
    [
      'figures of yesterday',
      'figures are older',
      (lines) =>
        lines.map((line) =>
          line.payload['type'] === 'token_count' ? { ...line, timestamp: '2026-11-22T11:14:38.608Z' } : line,
        ),
    ],
    [
      'figures without a completed answer',
      'not those of a completed answer',
      withPayload('token_count', { info: null }),
    ],
    ['figures that are no object', 'shape oma does not know', withPayload('token_count', { rate_limits: 'none' })],
    [
      'an end with an error',
      'ended with an error',
      withPayload('task_complete', { error: { message: 'x', codex_error_info: 'other' } }),
    ],
    [
      'an end without an answer',
      'ended with an error or without an answer',
      withPayload('task_complete', { last_agent_message: ' ' }),
    ],
  ])('rejects a session with %s and says so', (_, message, change) => {
    const success = recordedRun('0.169.0/success');
    const [session] = success.sessions;
    const lines = session!.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    const text = change(lines)
      .map((line, ordinal) => `${JSON.stringify({ ...line, ordinal })}\n`)
      .join('');
    expect(judge({ ...success, sessions: [{ ...session!, text }] })).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    ['an error', 1, '{"type":"error","message":"Reconnecting... 1/5"}'],
    ['a second thread', 1, '{"type":"thread.started","thread_id":"other"}'],
    ['a second turn', 2, '{"type":"turn.started"}'],
    ['a second answer', 3, '{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"OK"}}'],
    ['something before the thread', 0, '{"type":"turn.started"}'],
  ])('rejects an output with %s', (_, at, line) => {
    const success = recordedRun('0.169.0/success');
    const lines = success.stdout.split('\n');
    expect(judge({ ...success, stdout: lines.toSpliced(at, 0, line).join('\n') })).toMatchObject({
      kind: 'failed',
      code: 'INCOMPLETE',
    });
  });

  it('accepts an output with a warning, which codex prints as an item of type error', () => {
    const success = recordedRun('0.169.0/success');
    const warning =
      '{"type":"item.completed","item":{"id":"item_0","type":"error","message":"Model metadata not found"}}';
    expect(judge({ ...success, stdout: success.stdout.split('\n').toSpliced(2, 0, warning).join('\n') })).toMatchObject(
      { kind: 'complete' },
    );
  });

  it('rejects an empty answer and a turn that failed after all', () => {
    const success = recordedRun('0.169.0/success');
    expect(judge({ ...success, stdout: success.stdout.replace('"text":"OK"', '"text":""') })).toMatchObject({
      kind: 'failed',
      code: 'INCOMPLETE',
    });
    const failed = `${success.stdout}{"type":"turn.failed","error":{"message":"x"}}\n`;
    expect(judge({ ...success, stdout: failed })).toMatchObject({ kind: 'failed', code: 'UPSTREAM_ERROR' });
  });

  it('[S.7.4] a completed session about another meter is no data, not zero', () => {
    const success = runs.find(({ name }) => name === '0.169.0/success')!.evidence;
    const other = success.sessions.map((session) => ({
      ...session,
      text: session.text.replace('"limit_id":"codex"', '"limit_id":"codex_bengalfox"'),
    }));
    expect(judge({ ...success, sessions: other })).toEqual({
      kind: 'no_data',
      observedAtMs: Date.parse('2026-11-23T11:14:38.608Z'),
      message: 'The probe completed, but codex was told nothing about the main meter.',
      sessionFile: other[0]?.name,
    });
  });

  it('stamps the figures with the time at which codex noted them', () => {
    const success = runs.find(({ name }) => name === '0.169.0/success')!.evidence;
    expect(judge(success)).toEqual({
      kind: 'complete',
      observedAtMs: Date.parse('2026-11-23T11:14:38.608Z'),
      planType: null,
      windows: [
        { limitId: 'codex', limitName: null, durationMinutes: 300, usedPercent: 12, resetsAtMs: 1_795_439_678_000 },
        { limitId: 'codex', limitName: null, durationMinutes: 10_080, usedPercent: 34, resetsAtMs: 1_795_778_078_000 },
      ],
      sessionFile: 'rollout-2026-11-23T11-14-38-01a2081d-7741-7ea2-ba87-b014d4394337.jsonl',
    });
  });
});

interface Line {
  readonly type: string;
  readonly timestamp: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

function event(payload: Record<string, unknown>): Line {
  return { timestamp: '2026-11-23T11:14:38.600Z', type: 'event_msg', payload };
}

/** Changes the payload of the lines, or events, of a type. */
function withPayload(type: string, change: Record<string, unknown>): (lines: Line[]) => Line[] {
  return (lines) =>
    lines.map((line) =>
      line.type === type || line.payload['type'] === type ? { ...line, payload: { ...line.payload, ...change } } : line,
    );
}
