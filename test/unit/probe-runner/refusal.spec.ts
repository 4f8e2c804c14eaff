import { describe, expect, it } from 'vitest';

import type { ProbeFailureCode } from '../../../contract/limits.ts';
import { judge } from '../../../probe-runner/judge.ts';
import { refusalOf, refusalOfStatus } from '../../../probe-runner/refusal.ts';
import { recordedRun } from '../../support/recorded-codex.ts';

describe('what a failed turn means', () => {
  it.each<readonly [string, ProbeFailureCode, 'effort' | 'model' | 'request' | null]>([
    ['http-400-unsupported-effort', 'EFFORT_UNSUPPORTED', 'effort'],
    ['ws--http-400-unsupported-effort', 'EFFORT_UNSUPPORTED', 'effort'],
    ['tool-then-400-effort', 'EFFORT_UNSUPPORTED', 'effort'],
    ['config-xhigh-2', 'EFFORT_UNSUPPORTED', 'effort'],
    ['http-400-model-unsupported', 'MODEL_UNSUPPORTED', 'model'],
    ['ws--http-400-model-unsupported', 'MODEL_UNSUPPORTED', 'model'],
    ['http-404-model-not-found', 'MODEL_UNSUPPORTED', 'model'],
  ])('[C.L1.4] of the recorded run %s is %s, and what is wrong is the %s', (scenario, code, wrong) => {
    expect(judge(recordedRun(`0.169.0/${scenario}`))).toMatchObject({ kind: 'failed', code, wrong });
  });

  it('[C.L1.4] names the efforts that the backend says it takes', () => {
    expect(judge(recordedRun('0.169.0/config-xhigh-2'))).toMatchObject({ efforts: ['low', 'medium', 'high'] });
  });

  it.each<readonly [string, ProbeFailureCode]>([
    ['usage-limit-429', 'RATE_LIMITED'],
    ['usage-limit-429-no-headers', 'RATE_LIMITED'],
    ['usage-limit-429-stale-headers', 'RATE_LIMITED'],
    ['usage-limit-429-workspace-credits', 'RATE_LIMITED'],
    ['usage-not-included-429', 'RATE_LIMITED'],
    ['response-failed-rate-limit', 'RATE_LIMITED'],
    ['http-401-expired', 'UNAUTHORIZED'],
    ['http-401-invalidated', 'UNAUTHORIZED'],
    ['http-402-deactivated-workspace', 'WORKSPACE_DEACTIVATED'],
    ['http-403-deactivated', 'FORBIDDEN'],
    ['http-403-cloudflare', 'UPSTREAM_ERROR'],
    ['http-500', 'UPSTREAM_ERROR'],
    ['http-500-with-limits', 'UPSTREAM_ERROR'],
    ['http-503-overloaded', 'UPSTREAM_ERROR'],
    ['http-200-json-error', 'INCOMPLETE'],
    ['stream-cut', 'INCOMPLETE'],
    ['stream-end-early', 'INCOMPLETE'],
    ['response-failed', 'INCOMPLETE'],
    ['slow-stream', 'INTERRUPTED'],
    ['slow-stream-sigint', 'INTERRUPTED'],
    ['tool-then-hang-sigkill', 'INTERRUPTED'],
  ])('[S.7.3] of the recorded run %s is %s, and no other request would mend it', (scenario, code) => {
    expect(judge(recordedRun(`0.169.0/${scenario}`))).toMatchObject({ kind: 'failed', code, wrong: null });
  });

  it.each<readonly [string, ProbeFailureCode]>([
    ['workspace routing discovery failed', 'UPSTREAM_ERROR'],
    ['workspace routing discovery unauthorized (401)', 'UNAUTHORIZED'],
    ['stream disconnected before completion: error sending request', 'UNREACHABLE'],
    ['stream disconnected before completion: idle timeout waiting for SSE', 'INCOMPLETE'],
    ['Incomplete response returned, reason: max_output_tokens', 'INCOMPLETE'],
    ['exceeded retry limit, last status: 429 Too Many Requests', 'RATE_LIMITED'],
    ['unexpected status 503 Service Unavailable: no, url: http://127.0.0.1/codex/responses', 'UPSTREAM_ERROR'],
    ['unexpected status 402 Payment Required: {"detail":{"code":"payment_required"}}', 'FORBIDDEN'],
    ["The model 'gpt-9' does not exist or you do not have access to it.", 'MODEL_UNSUPPORTED'],
    ['Quota exceeded. You exceeded your current quota, please check your plan.', 'RATE_LIMITED'],
    ['something that no codex has said before', 'UPSTREAM_ERROR'],
  ])('is found by its words when codex does not classify it: %s', (message, code) => {
    expect(refusalOf({ message, info: 'other' })).toMatchObject({ code });
  });

  it('a request refused for an unknown reason may be sent once more in another form', () => {
    expect(refusalOf({ message: '{"detail":"Instructions are not valid"}', info: 'other' })).toEqual({
      kind: 'failed',
      code: 'UPSTREAM_ERROR',
      message: 'The backend refused the request: Instructions are not valid',
      wrong: 'request',
      efforts: [],
    });
    expect(refusalOf({ message: '{"error":7}', info: null })).toMatchObject({ wrong: 'request' });
  });

  it('a 401 because codex sent no login at all is not the account’s fault', () => {
    expect(
      refusalOfStatus(401, 'unexpected status 401 Unauthorized: Missing bearer or basic authentication in header'),
    ).toMatchObject({ code: 'UNKNOWN_SHAPE' });
    expect(refusalOfStatus(401, 'unexpected status 401 Unauthorized: expired')).toMatchObject({ code: 'UNAUTHORIZED' });
  });

  it('a page of a gateway says nothing about the account', () => {
    expect(refusalOfStatus(403, '403 Forbidden: <html><head>Just a moment')).toMatchObject({ code: 'UPSTREAM_ERROR' });
    expect(refusalOfStatus(403, '403 Forbidden: no')).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('keeps an excerpt short and on one line', () => {
    const { message } = refusalOf({ message: `a\n\n${'b'.repeat(1_000)}`, info: null });
    expect(message).toMatch(/^codex failed: a b+…$/);
    expect(message.length).toBeLessThan(230);
  });
});
