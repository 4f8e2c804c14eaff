import type { AccountView } from '../../contract/account.ts';
import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import type { IconName } from '../components/icon.tsx';

interface ActionProps {
  readonly account: AccountView;
  /** With all its words beside the icon, where there is room; without, a single word and only on a narrow screen. */
  readonly isWide?: boolean;
}

/** Asks for this account's limits now. */
export function ProbeButton({ account, isWide = false }: ActionProps) {
  const { probes } = useApp();
  const { alias, enabled, limitStatus } = account;
  const { phase, run } = probes.one(alias);
  const isBusy = phase.value === 'updating' || limitStatus === 'running' || limitStatus === 'queued';
  const words = isBusy ? 'Probing…' : 'Probe now';
  return (
    <Button
      kind={isWide ? 'plain' : 'quiet'}
      icon="refresh"
      label={isWide ? `${words}: ${alias}` : isBusy ? `Probing ${alias}` : `Probe ${alias} now`}
      title="Probe the limits now"
      isBusy={isBusy}
      isDisabled={!enabled}
      onClick={() => void run(null)}
    >
      {isWide ? words : <Word>{isBusy ? 'Probing' : 'Probe'}</Word>}
    </Button>
  );
}

const PINS = {
  pinned: { short: 'Release', long: 'Release', title: 'Release the pin', name: (alias: string) => `Release ${alias}` },
  idle: {
    short: 'Pin',
    long: 'Pin for 24 h',
    title: 'Pin for 24 hours',
    name: (alias: string) => `Pin ${alias} for 24 hours`,
  },
} as const;

/** Pins or releases this account; the same force as the strip above the table. */
export function PinButton({ account, isWide = false }: ActionProps) {
  const { force } = useApp();
  const { alias, enabled } = account;
  const state = force.pinned.value?.alias === alias ? 'pinned' : 'idle';
  const { short, long, title, name } = PINS[state];
  const isUpdating = force.change.phase.value === 'updating';
  return (
    <Button
      {...{ state, title }}
      kind={isWide ? 'plain' : 'quiet'}
      icon="pin"
      label={isWide ? `${long}: ${alias}` : name(alias)}
      isBusy={isUpdating && force.wanted.value?.row === alias}
      isDisabled={!enabled || isUpdating}
      onClick={() => void force.change.run({ alias: state === 'pinned' ? null : alias, row: alias })}
    >
      {isWide ? long : <Word>{short}</Word>}
    </Button>
  );
}

/** Makes codex itself use this account. */
export function CodexButton({ account, isWide = false }: ActionProps) {
  const { accounts } = useApp();
  const { alias, active, enabled } = account;
  const { phase, run } = accounts.switching(alias);
  const words = active ? 'Used in codex' : 'Use in codex';
  const sentence = active ? `codex is signed in as ${alias}` : `Sign codex in as ${alias}`;
  return (
    <Button
      kind={isWide ? 'plain' : 'quiet'}
      icon={active ? 'check' : 'terminal'}
      label={isWide ? `${words}: ${alias}` : sentence}
      title={active ? 'codex is signed in as this account' : 'Use this account in codex too'}
      state={active ? 'success' : 'idle'}
      isBusy={phase.value === 'updating'}
      isDisabled={!enabled}
      onClick={() => void run(null)}
    >
      {isWide ? words : <Word>codex</Word>}
    </Button>
  );
}

/** Beside the icon where rows are cards, and only there. */
function Word({ children }: { readonly children: string }) {
  return <span class="action-word">{children}</span>;
}

type ReauthState = AccountView['reauth'];

const REAUTH_WORDS: Readonly<Record<ReauthState, string>> = {
  idle: 'Re-auth',
  'in-progress': 'Signing in',
  success: 'Signed in',
  error: 'Failed',
};

/** What the button is called, before the alias; each holds the word that is seen. */
const REAUTH_NAMES: Readonly<Record<ReauthState, string>> = {
  idle: 'Re-auth',
  'in-progress': 'Signing in:',
  success: 'Signed in:',
  error: 'Re-auth failed:',
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
      label={`${REAUTH_NAMES[state]} ${alias}`}
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
