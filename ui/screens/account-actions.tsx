import type { AccountView } from '../../contract/account.ts';
import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import type { IconName } from '../components/icon.tsx';

interface ActionProps {
  readonly account: AccountView;
  /** With words beside the icon, where there is room. */
  readonly isWide?: boolean;
}

/** Asks for this account's limits now. */
export function ProbeButton({ account, isWide = false }: ActionProps) {
  const { probes } = useApp();
  const { alias, enabled, limitStatus } = account;
  const { phase, run } = probes.one(alias);
  const isBusy = phase.value === 'updating' || limitStatus === 'running' || limitStatus === 'queued';
  return (
    <Button
      kind={isWide ? 'plain' : 'quiet'}
      icon="refresh"
      label={isBusy ? `Probing ${alias}` : `Probe ${alias} now`}
      title="Probe the limits now"
      isBusy={isBusy}
      isDisabled={!enabled}
      onClick={() => void run(null)}
    >
      {isWide && (isBusy ? 'Probing…' : 'Probe now')}
    </Button>
  );
}

/** Pins or releases this account; the same force as the strip above the table. */
export function PinButton({ account, isWide = false }: ActionProps) {
  const { force } = useApp();
  const { alias, enabled } = account;
  const isPinned = force.pinned.value?.alias === alias;
  return (
    <button
      type="button"
      class="button"
      data-kind={isWide ? 'plain' : 'quiet'}
      data-pinned={isPinned ? 'yes' : 'no'}
      aria-pressed={isPinned}
      aria-disabled={!enabled || force.change.phase.value === 'updating'}
      aria-label={`Force ${alias}`}
      title={isPinned ? 'Release the pin' : 'Pin for 24 hours'}
      onClick={() => {
        if (enabled) void force.change.run(isPinned ? null : alias);
      }}
    >
      <PinIcon isPinned={isPinned} />
      {isWide && (isPinned ? 'Release' : 'Pin for 24 h')}
    </button>
  );
}

function PinIcon({ isPinned }: { readonly isPinned: boolean }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M9 3h6l-1 6 4 4v2H6v-2l4-4-1-6ZM12 15v6" fill={isPinned ? 'currentColor' : 'none'} />
    </svg>
  );
}

/** Makes codex itself use this account. */
export function CodexButton({ account, isWide = false }: ActionProps) {
  const { accounts } = useApp();
  const { alias, active, enabled } = account;
  const { phase, run } = accounts.switching(alias);
  return (
    <Button
      kind={isWide ? 'plain' : 'quiet'}
      icon={active ? 'check' : 'terminal'}
      label={active ? `codex is signed in as ${alias}` : `Sign codex in as ${alias}`}
      title={active ? 'codex is signed in as this account' : 'Use this account in codex too'}
      state={active ? 'success' : 'idle'}
      isBusy={phase.value === 'updating'}
      isDisabled={!enabled}
      onClick={() => void run(null)}
    >
      {isWide && (active ? 'Used in codex' : 'Use in codex')}
    </Button>
  );
}

type ReauthState = AccountView['reauth'];

const REAUTH_WORDS: Readonly<Record<ReauthState, string>> = {
  idle: 'Re-auth',
  'in-progress': 'Signing in',
  success: 'Signed in',
  error: 'Re-auth failed',
};

const REAUTH_ICONS: Readonly<Record<ReauthState, IconName>> = {
  idle: 'key',
  'in-progress': 'key',
  success: 'check',
  error: 'alert',
};

/** Signs this account in again. Shape: how the last sign-in ended is shown as long as that sign-in could have lasted. */
export function ReauthButton({ account }: ActionProps) {
  const { logins, preferences } = useApp();
  const { alias, auth } = account;
  const state = useReauthState(account);
  return (
    <Button
      kind={auth === 'needs-login' && state === 'idle' ? 'main' : 'plain'}
      icon={REAUTH_ICONS[state]}
      state={state}
      label={state === 'idle' ? `Re-auth ${alias}` : `${REAUTH_WORDS[state]}: ${alias}`}
      isBusy={state === 'in-progress'}
      onClick={() => void logins.reauthing(alias).run(preferences.loginMethod.value)}
    >
      <span role="status">{REAUTH_WORDS[state]}</span>
    </Button>
  );
}

function useReauthState({ alias, reauth }: AccountView): ReauthState {
  const { logins, now } = useApp();
  const { phase } = logins.reauthing(alias);
  const login = logins.of(alias, 'reauth');
  if (phase.value === 'updating') return 'in-progress';
  if (phase.value === 'error') return 'error';
  const state = stateOf(reauth, login?.state ?? null);
  const isLongOver = state !== 'in-progress' && login !== null && Date.parse(login.expiresAt) < now.value;
  return isLongOver ? 'idle' : state;
}

/** The list of accounts and the list of logins arrive one after the other; whichever is over wins over "in progress". */
function stateOf(account: ReauthState, login: 'in-progress' | 'success' | 'error' | null): ReauthState {
  if (account === 'idle') return login === 'in-progress' ? 'in-progress' : 'idle';
  return login ?? account;
}
