import './login-panel.css';

import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';

import type { LoginView } from '../../contract/login.ts';
import { ApiError } from '../api.ts';
import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import { CommandLine } from '../components/command-line.tsx';
import { Countdown } from '../components/countdown.tsx';
import { Icon } from '../components/icon.tsx';
import { Problem } from '../components/problem.tsx';

/** A login under way: what to open, what to type, what to paste, how long it waits; and how it failed. */
export function LoginPanel({ login }: { readonly login: LoginView }) {
  const { logins } = useApp();
  const cancelling = logins.cancelling(login.loginId);
  if (login.state === 'success') return null;
  if (login.state === 'error') {
    const { code, message } = login.error ?? { code: 'INTERNAL', message: 'The login failed.' };
    return code === 'LOGIN_CANCELLED' ? null : <Problem error={new ApiError(code, message)} />;
  }
  return (
    <div class="login" role="group" aria-label={`Sign-in of ${login.alias}`}>
      <p role="status">
        <span class="spinner" aria-hidden="true" /> {login.instructions}
      </p>
      {login.userCode !== null && (
        <p class="login-code">
          <span class="mute">Code</span> <CommandLine command={login.userCode} label="Copy the code" />
        </p>
      )}
      {login.url !== null && (
        <p class="login-links">
          <a class="button" data-kind="main" href={login.url} target="_blank" rel="noreferrer">
            <Icon name="open" /> Open the sign-in page
          </a>
          <CopyAddress url={login.url} />
        </p>
      )}
      {login.method !== 'device' && <PasteField loginId={login.loginId} />}
      {cancelling.error.value !== null && <Problem error={cancelling.error.value} onDismiss={cancelling.dismiss} />}
      <p class="login-end">
        <Button
          isBusy={cancelling.phase.value === 'updating'}
          onClick={() => void cancelling.run(null)}
          label={`Cancel the sign-in of ${login.alias}`}
        >
          Cancel
        </Button>
        <span class="mute">
          Waits <Countdown until={login.expiresAt} over="no longer" />
        </span>
      </p>
    </div>
  );
}

function CopyAddress({ url }: { readonly url: string }) {
  const isCopied = useSignal(false);
  return (
    <Button
      icon={isCopied.value ? 'check' : 'copy'}
      onClick={() => {
        navigator.clipboard.writeText(url).then(
          () => (isCopied.value = true),
          () => (isCopied.value = false),
        );
      }}
    >
      {isCopied.value ? 'Copied' : 'Copy its address'}
    </Button>
  );
}

function PasteField({ loginId }: { readonly loginId: string }) {
  const { logins } = useApp();
  const id = useId();
  const pasted = useSignal('');
  const pasting = logins.pasting(loginId);
  const submit = (): void => {
    if (pasted.value.trim() !== '') void pasting.run(pasted.value.trim());
  };
  return (
    <div class="login-paste">
      <label for={id}>If the last page does not load, paste its address here</label>
      <span>
        <input
          id={id}
          value={pasted}
          autoComplete="off"
          spellcheck={false}
          placeholder="http://localhost:1455/auth/callback?code=…"
          onInput={(event) => (pasted.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            submit();
          }}
        />
        <Button isBusy={pasting.phase.value === 'updating'} isDisabled={pasted.value.trim() === ''} onClick={submit}>
          Finish
        </Button>
      </span>
      {pasting.error.value !== null && <Problem error={pasting.error.value} onDismiss={pasting.dismiss} />}
    </div>
  );
}
