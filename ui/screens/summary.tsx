import './summary.css';

import { type ComponentChildren, Fragment } from 'preact';

import type { AccountView } from '../../contract/account.ts';
import { useApp } from '../app-context.ts';
import { Age, Countdown } from '../components/countdown.tsx';
import { barName } from '../components/limit-bar.tsx';
import { Alias } from '../components/who.tsx';
import { clockTime } from '../format.ts';
import { accountHref } from '../route.ts';
import { needs, poolHealth } from '../store/overview.ts';
import { decisionReason, leftOutWords, outlookWords, STRATEGIES, type Tone } from '../words.ts';

/** The four questions of somebody who glances: is it well, who serves, what ends first, what needs me. */
export function Summary({ accounts }: { readonly accounts: readonly AccountView[] }) {
  return (
    <section class="summary" aria-label="At a glance">
      <Pool accounts={accounts} />
      <Serving accounts={accounts} />
      <FirstDry />
      <Needs accounts={accounts} />
    </section>
  );
}

function Tile({
  title,
  tone = 'mute',
  children,
}: {
  readonly title: string;
  readonly tone?: Tone;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="tile panel" data-tone={tone}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

function Pool({ accounts }: { readonly accounts: readonly AccountView[] }) {
  const { status } = useApp();
  const { tone, headline, detail } = poolHealth(accounts);
  const recovery = status.value.value?.accounts.earliestRecovery ?? null;
  return (
    <Tile title="Pool" tone={tone}>
      <p class="tile-main tile-toned">{headline}</p>
      <p class="tile-more">
        {detail}
        {tone === 'bad' && recovery !== null && (
          <>
            , first one back in <Countdown until={recovery} />
          </>
        )}
      </p>
    </Tile>
  );
}

function Serving({ accounts }: { readonly accounts: readonly AccountView[] }) {
  const { decisions, status, force } = useApp();
  const last = decisions.list.value[0];
  const inFlight = accounts.reduce((sum, account) => sum + account.inFlight, 0);
  const strategy = status.value.value?.strategy;
  const rule =
    force.pinned.value === null ? strategy !== undefined && `${STRATEGIES[strategy].name} rotation` : 'pinned';
  if (last === undefined) {
    return (
      <Tile title="Served last">
        <p class="tile-main">Nothing yet</p>
        <p class="tile-more">{rule}</p>
      </Tile>
    );
  }
  return (
    <Tile
      title={inFlight === 0 ? 'Served last' : `Serving now, ${inFlight} in flight`}
      tone={last.selectedAlias === null ? 'bad' : 'mute'}
    >
      <p class="tile-main">{last.selectedAlias === null ? 'Nobody' : <Alias of={last.selectedAlias} />}</p>
      <p class="tile-more">
        <Age of={last.at} /> · {decisionReason(last)}
      </p>
    </Tile>
  );
}

function FirstDry() {
  const { history, now } = useApp();
  const outlook = history.outlook.value;
  if (outlook.kind !== 'dry') {
    return (
      <Tile title="Runs dry first (estimate)">
        <p class="tile-main">{outlook.kind === 'lasts' ? 'Nothing' : 'Not enough data'}</p>
        <p class="tile-more">{outlookWords(outlook)}</p>
      </Tile>
    );
  }
  const { alias, window, forecast } = outlook;
  const latest = forecast.to === null ? 'not before the reset' : clockTime(forecast.to, now.value);
  return (
    <Tile title="Runs dry first (estimate)" tone="warn">
      <p class="tile-main">
        <a href={accountHref(alias)}>
          <Alias of={alias} />
        </a>{' '}
        in <Countdown until={new Date(forecast.at).toISOString()} over="moments" />
      </p>
      <p class="tile-more">
        {barName(window)} window, at {forecast.percentPerHour.toFixed(1)} % an hour: between{' '}
        {clockTime(forecast.from, now.value)} and {latest}
        {leftOutWords(outlook.leftOut)}
      </p>
    </Tile>
  );
}

const NEEDS_SHOWN_MAX = 3;
const NAMES_SHOWN_MAX = 2;

function Needs({ accounts }: { readonly accounts: readonly AccountView[] }) {
  const { status } = useApp();
  const list = needs(accounts, status.value.value);
  const [worst] = list;
  if (worst === undefined) {
    return (
      <Tile title="Needs you" tone="ok">
        <p class="tile-main">Nothing</p>
        <p class="tile-more">all quiet</p>
      </Tile>
    );
  }
  const hidden = list.length - NEEDS_SHOWN_MAX;
  return (
    <Tile title="Needs you" tone={worst.tone}>
      <ul class="tile-needs">
        {list.slice(0, NEEDS_SHOWN_MAX).map((need) => (
          <li key={need.text} data-tone={need.tone}>
            <Names of={need.aliases} /> {need.text}
          </li>
        ))}
        {hidden > 0 && <li class="mute">and {hidden} more below</li>}
      </ul>
    </Tile>
  );
}

function Names({ of }: { readonly of: readonly string[] }) {
  const more = of.length - NAMES_SHOWN_MAX;
  return (
    <>
      {of.slice(0, NAMES_SHOWN_MAX).map((alias, index) => (
        <Fragment key={alias}>
          {index > 0 && ', '}
          <a href={accountHref(alias)}>
            <Alias of={alias} />
          </a>
        </Fragment>
      ))}
      {more > 0 && ` and ${more} more`}
      {of.length > 0 && ': '}
    </>
  );
}
