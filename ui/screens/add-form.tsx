import './form.css';

import { type Signal, useSignal } from '@preact/signals';

import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import { Problem } from '../components/problem.tsx';
import { Alias } from '../components/who.tsx';
import { accountHref } from '../route.ts';
import { LoginPanel } from './login-panel.tsx';
import { MethodChoice } from './method-choice.tsx';

const ALIAS = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** A name, a way to sign in, and the login itself. */
export function AddForm() {
  const { logins, preferences } = useApp();
  const alias = useSignal('');
  const isTouched = useSignal(false);
  const begun = useSignal<string | null>(null);
  const isWrong = isTouched.value && !ALIAS.test(alias.value);
  const login = begun.value === null ? null : logins.of(begun.value, 'add');
  const again = (): void => {
    begun.value = null;
    alias.value = '';
    isTouched.value = false;
  };
  const begin = async (): Promise<void> => {
    isTouched.value = true;
    if (!ALIAS.test(alias.value)) return;
    const wanted = alias.value;
    if (await logins.adding.run({ alias: wanted, method: preferences.loginMethod.value })) begun.value = wanted;
  };
  if (login?.state === 'success') return <Done alias={login.alias} onAgain={again} />;
  const isUnderWay = login?.state === 'in-progress';
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void begin();
      }}
    >
      <AliasField alias={alias} isWrong={isWrong} isFixed={isUnderWay} />
      {!isUnderWay && <MethodChoice name="add-method" />}
      {login !== null && <LoginPanel login={login} />}
      {!isUnderWay && <Begin isAgain={login?.state === 'error'} />}
    </form>
  );
}

function Begin({ isAgain }: { readonly isAgain: boolean }) {
  const { logins } = useApp();
  const { error, dismiss } = logins.adding;
  return (
    <div class="form">
      {error.value !== null && <Problem error={error.value} onDismiss={dismiss} />}
      <span>
        <Button kind="main" type="submit" icon="key" isBusy={logins.adding.phase.value === 'updating'}>
          {isAgain ? 'Try again' : 'Sign in'}
        </Button>
      </span>
    </div>
  );
}

function Done({ alias, onAgain }: { readonly alias: string; readonly onAgain: () => void }) {
  return (
    <p role="status" class="form-done">
      <strong>
        <Alias of={alias} />
      </strong>{' '}
      is signed in and serves from now on. <a href={accountHref(alias)}>See the account</a> or{' '}
      <Button onClick={onAgain}>Add another</Button>
    </p>
  );
}

interface AliasFieldProps {
  readonly alias: Signal<string>;
  readonly isWrong: boolean;
  readonly isFixed: boolean;
}

function AliasField({ alias, isWrong, isFixed }: AliasFieldProps) {
  return (
    <div class="field">
      <label for="add-alias">Name of the account</label>
      <input
        id="add-alias"
        value={alias}
        autoComplete="off"
        spellcheck={false}
        maxLength={64}
        readOnly={isFixed}
        aria-invalid={isWrong}
        aria-describedby="add-alias-hint"
        onInput={(event) => (alias.value = event.currentTarget.value.trim())}
      />
      <p id="add-alias-hint" class={isWrong ? 'field-problem' : 'field-hint'}>
        {isWrong
          ? 'Use letters, digits, ".", "_", "-" or "@", beginning with a letter or digit.'
          : 'For you only, such as "work" or "home".'}
      </p>
    </div>
  );
}
