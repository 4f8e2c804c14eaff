import { OmaError } from '../../contract/errors.ts';
import { OPERATIONS } from '../../contract/operations.ts';
import { command } from '../command.ts';
import { lookOf } from '../context.ts';
import { usage } from '../parse.ts';
import { decisionsText, forecastText } from '../render/decision.ts';
import { STARTING } from '../session.ts';
import { withSession } from '../with-session.ts';
import { checkParams } from './operation.ts';

/** A request has at most a handful of attempts, each with a decision of its own. */
const ATTEMPTS_SHOWN_MAX = 20;

/** Explains why a request went to the account it went to. */
export const why = command({
  name: 'why',
  summary: 'Explains the latest choice of an account, or that of one request, or what the next would be.',
  args: [{ name: '[REQUEST]', summary: 'Id of the request, as the log and the dashboard show it.' }],
  flags: {
    next: { summary: 'Explains what the next request would get; changes nothing.' },
    session: { summary: 'With --next: for this session of OpenCode.', value: 'ID' },
    model: { summary: 'With --next: for this model.', value: 'MODEL' },
  },
  uses: ['decision.list', 'decision.explain'],
  fails: ['NOT_FOUND'],
  run: (context, input) => {
    const [requestId] = input.args;
    const [sessionId, model] = [input.value('session'), input.value('model')];
    const isNext = input.has('next');
    if (isNext && requestId !== undefined)
      throw usage('--next explains a request that does not exist yet', 'leave the request out');
    if (!isNext && (sessionId ?? model) !== undefined)
      throw usage('--session and --model belong to --next', 'write `oma why --next …`');
    return withSession(context, STARTING, async ({ client }) => {
      if (isNext) {
        const params = checkParams(OPERATIONS['decision.explain'].params, { sessionId, model });
        const decision = await client['decision.explain'](params);
        return { json: { decisions: [decision] }, text: forecastText(decision, lookOf(context)) };
      }
      const asked = requestId === undefined ? { limit: 1 } : { limit: ATTEMPTS_SHOWN_MAX, requestId };
      const { decisions } = await client['decision.list'](checkParams(OPERATIONS['decision.list'].params, asked));
      if (decisions.length === 0 && requestId !== undefined) throw unknownRequest(requestId);
      const text =
        decisions.length === 0
          ? 'No request has asked for an account yet. `oma why --next` shows what the first would get.'
          : decisionsText(decisions, lookOf(context));
      return { json: { decisions }, text };
    });
  },
});

function unknownRequest(requestId: string): OmaError {
  return new OmaError(
    'NOT_FOUND',
    `No decision about ${requestId} is remembered — \`oma why\` explains the latest one`,
    { requestId },
  );
}
