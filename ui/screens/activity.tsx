import './activity.css';

import { useEffect } from 'preact/hooks';

import type { AuditEntry } from '../../contract/audit.ts';
import { useApp } from '../app-context.ts';
import { changeFacts } from '../change-facts.ts';
import { Age } from '../components/countdown.tsx';
import { useShown } from '../components/who.tsx';
import { Feed } from './feed.tsx';

const ACTIONS: Readonly<Record<string, string>> = {
  'account.set-enabled': 'changed Enabled of',
  'account.add': 'added',
  'account.remove': 'removed',
  'account.reauth': 'signed in again',
  'account.switch': 'signed codex in as',
  'account.import': 'imported accounts',
  'force.activate': 'pinned',
  'force.clear': 'released the pin',
  'force.end': 'ended the pin of',
  'settings.update': 'changed settings',
  'settings.reset': 'reset the settings',
  'settings.preset': 'applied a preset',
};

/** What oma decided, and what people changed. */
export function Activity() {
  const { decisions, accounts, settings, force } = useApp();
  // Whatever was changed shows up in one of these views, so a change there is the moment to read the log again.
  const moved = [accounts.list.value, settings.view.value, force.view.value];
  useEffect(() => void decisions.audit.refresh(), moved);
  const entries = decisions.audit.value.value;
  return (
    <>
      <div class="screen-head">
        <h1>Activity</h1>
      </div>
      <div class="activity">
        <Feed isLong />
        <section class="panel feed" aria-label="Changes">
          <div class="feed-head">
            <h2>Changes</h2>
          </div>
          {entries?.length === 0 && <p class="feed-none">Nobody changed anything yet.</p>}
          <ol class="feed-list">
            {entries?.map((entry) => (
              <Change key={`${entry.requestId} ${entry.action} ${entry.at}`} entry={entry} />
            ))}
          </ol>
        </section>
      </div>
    </>
  );
}

function Change({ entry }: { readonly entry: AuditEntry }) {
  const { at, actor, action, target, detail } = entry;
  const { now } = useApp();
  const shown = useShown();
  const facts = changeFacts(detail, now.peek());
  return (
    <li class="feed-item">
      <div class="change">
        <span class="feed-why">{actor}</span> <span>{ACTIONS[action] ?? action}</span>{' '}
        {target !== null && <span class="feed-who">{shown(target)}</span>}
        <span class="feed-when">
          <Age of={at} isExact />
        </span>
        {facts.length > 0 && <span class="change-facts">{shown(facts.join(' · '))}</span>}
      </div>
    </li>
  );
}
