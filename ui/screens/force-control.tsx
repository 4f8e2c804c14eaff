import './force-control.css';

import { useSignal } from '@preact/signals';

import type { AccountView } from '../../contract/account.ts';
import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import { Problem } from '../components/problem.tsx';
import { Alias, useShown } from '../components/who.tsx';
import { duration } from '../format.ts';
import type { ControlState } from '../mutation.ts';
import { STRATEGIES } from '../words.ts';

const SPOKEN: Readonly<Record<ControlState, string>> = {
  off: 'nothing pinned',
  on: 'pinned',
  updating: 'being changed',
  error: 'the last change failed',
};

/** Pins one account for a day. Why not a switch: it names one account, runs out by itself, and overrides the rotation instead of taking part in it. */
export function ForceControl({ accounts }: { readonly accounts: readonly AccountView[] }) {
  const { force } = useApp();
  const state = force.state.value;
  const pinned = force.pinned.value;
  const error = force.change.error.value;
  return (
    <section
      class="force"
      data-state={state}
      data-pinned={pinned === null ? 'no' : 'yes'}
      aria-label={`Force, ${SPOKEN[state]}`}
      aria-busy={state === 'updating'}
    >
      <div class="force-line">
        <span class="force-sign">
          {state === 'updating' ? <span class="spinner" aria-hidden="true" /> : <Icon name="pin" />}
        </span>
        {pinned === null ? <Pinning accounts={accounts} /> : <Pinned />}
      </div>
      {error !== null && force.wanted.value?.row === null && <Problem error={error} onDismiss={force.change.dismiss} />}
    </section>
  );
}

function Pinned() {
  const { force } = useApp();
  const pinned = force.pinned.value;
  const before = force.view.value?.previousRotationStrategy;
  if (pinned === null) return null;
  return (
    <>
      <p class="force-words" role="status">
        <span>
          Every request goes to{' '}
          <strong class="force-alias">
            <Alias of={pinned.alias} />
          </strong>
        </span>
        <span class="mute">
          <span class="force-ttl">{duration(pinned.remainingMs)}</span> left
          {before !== null && before !== undefined && `, then ${STRATEGIES[before].name.toLowerCase()} again`}
        </span>
      </p>
      <meter class="force-meter" aria-hidden="true" min={0} max={24 * 3_600_000} value={pinned.remainingMs} />
      <Button
        isBusy={force.change.phase.value === 'updating'}
        onClick={() => void force.change.run({ alias: null, row: null })}
      >
        {force.change.phase.value === 'updating' ? 'Releasing…' : 'Release'}
      </Button>
    </>
  );
}

function Pinning({ accounts }: { readonly accounts: readonly AccountView[] }) {
  const { force } = useApp();
  const shown = useShown();
  const chosen = useSignal('');
  const candidates = accounts.filter(({ enabled }) => enabled);
  const alias = candidates.some((account) => account.alias === chosen.value) ? chosen.value : '';
  return (
    <>
      <p class="force-words" role="status">
        <span>
          {force.change.phase.value === 'updating'
            ? `Pinning ${shown(force.wanted.value?.alias ?? alias)}…`
            : 'Force is off'}
        </span>
        <span class="mute">Pin one account for 24 hours; the rotation waits meanwhile.</span>
      </p>
      <span class="force-choice">
        <select
          aria-label="Account to force"
          value={alias}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
            force.change.dismiss();
          }}
        >
          <option value="">Choose an account…</option>
          {candidates.map((account) => (
            <option key={account.alias} value={account.alias}>
              {shown(account.alias)}
              {account.eligible ? '' : ' (blocked)'}
            </option>
          ))}
        </select>
        <Button
          icon="pin"
          isDisabled={alias === ''}
          isBusy={force.change.phase.value === 'updating'}
          onClick={() => void force.change.run({ alias, row: null })}
        >
          Pin for 24 h
        </Button>
      </span>
    </>
  );
}
