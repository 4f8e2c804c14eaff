import * as z from 'zod';

import { MAIN_LIMIT_ID } from '../contract/limits.ts';
import type { EpochMs } from '../contract/scalars.ts';
import { failure, type Verdict } from './evidence.ts';
import { hasMainMeter, reportedWindows, serverLimitsSchema } from './meters.ts';
import { refusalOf, refusalOfStatus } from './refusal.ts';

/** What came back from `account/rateLimits/read`, and for whom it was asked. */
export interface ServerEvidence {
  readonly result: unknown;
  readonly accountId: string;
  readonly observedAtMs: EpochMs;
}

/** Decides what an answer of the app-server proves: all meters or nothing. */
export function judgeLimits({ result, accountId, observedAtMs }: ServerEvidence): Verdict {
  const answer = resultSchema.safeParse(result).data;
  if (answer === undefined)
    return failure('UNKNOWN_SHAPE', 'codex app-server answered in a shape oma does not know. oma may need an update.');
  if ((answer.accountId ?? accountId) !== accountId)
    return failure('INCOMPLETE', 'codex app-server answered for another account, so the probe proves nothing.');
  const named = Object.values(answer.rateLimitsByLimitId ?? {});
  const meters = named.length > 0 ? named : [answer.rateLimits];
  const windows = reportedWindows(meters);
  if (windows === null)
    return failure('UNKNOWN_SHAPE', 'codex app-server named windows that oma cannot place. oma may need an update.');
  if (!hasMainMeter(windows))
    return {
      kind: 'no_data',
      observedAtMs,
      message: 'codex app-server named no window of the main meter.',
      sessionFile: null,
    };
  const planType = meters.find(({ limitId }) => limitId === MAIN_LIMIT_ID)?.planType ?? null;
  return { kind: 'complete', observedAtMs, planType, windows, sessionFile: null };
}

/** Says why the app-server could not answer. */
export function judgeServerError(message: string): Verdict {
  const status = /failed: (\d{3}) /.exec(message)?.[1];
  if (status !== undefined) return refusalOfStatus(Number(status), message);
  if (/error sending request|dns error|connect/i.test(message))
    return failure('UNREACHABLE', 'The backend could not be reached.');
  return refusalOf({ message, info: null });
}

const resultSchema = z.object({
  rateLimits: serverLimitsSchema,
  rateLimitsByLimitId: z.record(z.string(), serverLimitsSchema).nullish(),
  accountId: z.string().nullish(),
});
