import type { AccountView } from '../../contract/account.ts';
import { useApp } from '../app-context.ts';
import { Badge, ConfidenceBadge } from '../components/badge.tsx';
import { Age, Countdown } from '../components/countdown.tsx';
import { LimitBar, UnknownBar } from '../components/limit-bar.tsx';
import { Alias, Email } from '../components/who.tsx';
import { accountHref } from '../route.ts';
import { standing } from '../words.ts';
import { CodexButton, PinButton, ProbeButton, ReauthButton } from './account-actions.tsx';
import { AccountMessages } from './account-messages.tsx';
import { EnabledSwitch } from './enabled-switch.tsx';

/** One account. */
export function AccountRow({ account }: { readonly account: AccountView }) {
  const { alias, enabled, forced } = account;
  return (
    <tr
      role="row"
      class="account"
      data-alias={alias}
      data-enabled={enabled ? 'yes' : 'no'}
      data-forced={forced ? 'yes' : 'no'}
    >
      <td role="cell">
        <EnabledSwitch account={account} />
      </td>
      <td role="cell">
        <Names account={account} />
      </td>
      <td role="cell">
        <Standing account={account} />
      </td>
      <td role="cell" class="account-limits-cell">
        <Limits account={account} />
      </td>
      <td role="cell" class="account-trust-cell">
        <ConfidenceBadge account={account} />
      </td>
      <td role="cell" class="account-actions-cell">
        <div class="account-actions">
          <ProbeButton account={account} />
          <PinButton account={account} />
          <CodexButton account={account} />
          <ReauthButton account={account} />
        </div>
      </td>
      <td role="cell" class="account-wide">
        <AccountMessages account={account} />
      </td>
    </tr>
  );
}

function Names({ account }: { readonly account: AccountView }) {
  const { alias, email, planType, active } = account;
  return (
    <>
      <div class="account-name">
        <a href={accountHref(alias)}>
          <Alias of={alias} />
        </a>
        {planType !== null && <span class="account-plan"> {planType}</span>}
      </div>
      <div class="account-sub">
        {active && 'in codex · '}
        {email !== null && email !== alias && <Email address={email} />}
      </div>
    </>
  );
}

/** What the account is doing now, and until when. */
export function Standing({ account }: { readonly account: AccountView }) {
  const { decisions } = useApp();
  const { tone, word, until } = standing(account);
  const isServing = decisions.list.value[0]?.selectedAlias === account.alias;
  return (
    <div class="account-state">
      <Badge tone={tone}>{word}</Badge>
      <span class="account-sub">
        <StandingDetail account={account} until={until} isServing={isServing} />
      </span>
    </div>
  );
}

function StandingDetail({
  account,
  until,
  isServing,
}: {
  readonly account: AccountView;
  readonly until: string | null;
  readonly isServing: boolean;
}) {
  const { enabled, disableReason, lastUsedAt, inFlight } = account;
  if (!enabled) return <>{disableReason ?? 'switched off'}</>;
  if (until !== null) {
    return (
      <>
        back in <Countdown until={until} />
      </>
    );
  }
  if (inFlight > 0) return <>{inFlight} in flight</>;
  if (lastUsedAt === null) return <>not used yet</>;
  return (
    <>
      {isServing ? 'served last, ' : 'used '}
      <Age of={lastUsedAt} />
    </>
  );
}

function Limits({ account }: { readonly account: AccountView }) {
  const { windows, alias } = account;
  if (windows.length === 0) {
    return (
      <div class="account-limits">
        <UnknownBar name="5 h" owner={alias} lastLeft={null} />
        <UnknownBar name="Week" owner={alias} lastLeft={null} />
      </div>
    );
  }
  return (
    <div class="account-limits">
      {windows.map((window) => (
        <LimitBar key={`${window.limitId} ${window.durationMinutes}`} window={window} owner={alias} />
      ))}
    </div>
  );
}
