import './feed.css';

import type { Decision } from '../../contract/decision.ts';
import { useApp } from '../app-context.ts';
import { Age } from '../components/countdown.tsx';
import { Alias, useShown } from '../components/who.tsx';
import { clockTime } from '../format.ts';
import { keyOf } from '../store/decisions.ts';
import { decisionReason, verdictWord } from '../words.ts';

const SHORT = 14;

/** What was decided lately, each with its reason; all of it opens to every candidate's verdict. */
export function Feed({ isLong = false }: { readonly isLong?: boolean }) {
  const { decisions } = useApp();
  const list = isLong ? decisions.list.value : decisions.list.value.slice(0, SHORT);
  return (
    <section class="panel feed" aria-label="Decisions">
      <div class="feed-head">
        <h2>Decisions</h2>
        {!isLong && <a href="#/activity">All activity</a>}
      </div>
      {list.length === 0 && (
        <p class="feed-none">
          Nothing was asked for yet. Send a request from OpenCode and its account appears here, with the reason.
        </p>
      )}
      <ol class="feed-list">
        {list.map((decision) => (
          <FeedItem key={keyOf(decision)} decision={decision} />
        ))}
      </ol>
    </section>
  );
}

function FeedItem({ decision }: { readonly decision: Decision }) {
  const { at, selectedAlias, attempt, model, candidates, requestId } = decision;
  const { now } = useApp();
  const shown = useShown();
  const tone = selectedAlias === null ? 'bad' : decision.fallbackReason !== null ? 'warn' : 'mute';
  return (
    <li class="feed-item" data-tone={tone}>
      <details>
        <summary>
          <span class="feed-who">{selectedAlias === null ? 'nobody' : <Alias of={selectedAlias} />}</span>
          <span class="feed-why">
            {decisionReason(decision)}
            {attempt > 1 && `, attempt ${attempt}`}
          </span>
          <span class="feed-when">
            <Age of={at} />
          </span>
        </summary>
        <dl class="feed-verdicts">
          {candidates.map(({ alias, verdict }) => (
            <div key={alias} data-chosen={verdict === 'selected' ? 'yes' : 'no'}>
              <dt>{shown(alias)}</dt>
              <dd>{verdictWord(verdict)}</dd>
            </div>
          ))}
        </dl>
        <p class="feed-more">
          {clockTime(Date.parse(at), now.peek())} · {model !== null && `${model} · `}request <code>{requestId}</code>
        </p>
      </details>
    </li>
  );
}
