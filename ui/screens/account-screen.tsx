import './account-screen.css';

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { AccountView } from '../../contract/account.ts';
import { useApp } from '../app-context.ts';
import { ConfidenceBadge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { Confirm } from '../components/confirm.tsx';
import { Icon } from '../components/icon.tsx';
import { Alias, Email, useShown } from '../components/who.tsx';
import { CodexButton, PinButton, ProbeButton, ReauthButton } from './account-actions.tsx';
import { AccountFacts } from './account-facts.tsx';
import { AccountMessages } from './account-messages.tsx';
import { Standing } from './account-row.tsx';
import { EnabledSwitch } from './enabled-switch.tsx';
import { WindowCard } from './window-card.tsx';

/** One account with all there is to it; `of` is its name in the address bar. */
export function AccountScreen({ of }: { readonly of: string }) {
  const { accounts } = useApp();
  const account = accounts.find(of);
  if (account !== null) return <Known account={account} />;
  return (
    <div class="panel section">
      <h1>There is no such account</h1>
      <p>
        It may have been removed. <a href="#/">Back to the overview</a>
      </p>
    </div>
  );
}

function Known({ account }: { readonly account: AccountView }) {
  const { history } = useApp();
  const { alias, windows, lastLimitProbeAt, email, planType } = account;
  useEffect(() => void history.of(alias).refresh(), [alias, lastLimitProbeAt]);
  return (
    <>
      <div class="screen-head">
        <a class="button" data-kind="quiet" href="#/" aria-label="Back to the overview">
          <Icon name="back" />
        </a>
        <h1>
          <Alias of={alias} />
        </h1>
        <span class="mute">
          {email !== null && <Email address={email} />}
          {planType !== null && ` · ${planType}`}
        </span>
        <span class="account-screen-state">
          <Standing account={account} />
        </span>
      </div>
      <Controls account={account} />
      <section class="panel section" aria-label="Limits">
        <div class="limits-head">
          <h2>Limits</h2>
          <ConfidenceBadge account={account} />
        </div>
        {windows.length === 0 && <p class="mute">Unknown: no probe of this account has completed yet.</p>}
        <div class="window-cards">
          {windows.map((window) => (
            <WindowCard key={`${window.limitId} ${window.durationMinutes}`} account={account} window={window} />
          ))}
        </div>
      </section>
      <AccountFacts account={account} />
    </>
  );
}

function Controls({ account }: { readonly account: AccountView }) {
  const reason = useSignal('');
  const { alias, enabled, disableReason } = account;
  return (
    <section class="panel section account-controls" aria-label="Controls">
      <div class="account-enabled">
        <EnabledSwitch account={account} reason={reason.value} />
        <strong>Enabled</strong>
        {enabled ? (
          <input
            aria-label={`Reason for disabling ${alias} (optional)`}
            placeholder="Reason for disabling (optional)"
            maxLength={500}
            value={reason}
            onInput={(event) => (reason.value = event.currentTarget.value)}
          />
        ) : (
          <span class="mute">
            {disableReason === null ? 'Neither used, probed nor refreshed.' : `Off: ${disableReason}`}
          </span>
        )}
      </div>
      <div class="account-buttons">
        <ReauthButton account={account} />
        <ProbeButton account={account} isWide />
        <PinButton account={account} isWide />
        <CodexButton account={account} isWide />
        <Remove account={account} />
      </div>
      <div class="account-wide">
        <AccountMessages account={account} />
      </div>
    </section>
  );
}

function Remove({ account }: { readonly account: AccountView }) {
  const { accounts, notices } = useApp();
  const shown = useShown();
  const isAsking = useSignal(false);
  const { alias } = account;
  const removing = accounts.removing(alias);
  const remove = async (): Promise<void> => {
    const isGone = await removing.run(null);
    isAsking.value = false;
    if (!isGone) return;
    notices.tell('info', `${alias} was removed.`);
    location.hash = '#/';
  };
  return (
    <>
      <Button
        kind="danger"
        icon="trash"
        label={`Remove ${alias}`}
        isBusy={removing.phase.value === 'updating'}
        onClick={() => (isAsking.value = true)}
      >
        Remove…
      </Button>
      {isAsking.value && (
        <Confirm
          title={`Remove ${shown(alias)}?`}
          action="Remove"
          isBusy={removing.phase.value === 'updating'}
          onCancel={() => (isAsking.value = false)}
          onConfirm={() => void remove()}
        >
          <p>
            Its login, limits and history are deleted from oma's store. The account itself at the provider is untouched;
            sign in again to bring it back. To pause it instead, use the Enabled switch.
          </p>
        </Confirm>
      )}
    </>
  );
}
