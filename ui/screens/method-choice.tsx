import type { LoginMethod } from '../../contract/login.ts';
import { useApp } from '../app-context.ts';

const METHODS: readonly { readonly method: LoginMethod; readonly name: string; readonly meaning: string }[] = [
  { method: 'browser', name: 'This browser', meaning: 'Opens the provider’s sign-in page and comes back by itself.' },
  { method: 'device', name: 'A code', meaning: 'Type a short code on any device. Best over SSH and in containers.' },
  { method: 'paste', name: 'Paste the address', meaning: 'Sign in anywhere, then paste the address of the last page.' },
];

/** How to sign in; remembered for the next time. */
export function MethodChoice({ name }: { readonly name: string }) {
  const { preferences } = useApp();
  return (
    <fieldset class="choices">
      <legend>How to sign in</legend>
      {METHODS.map((choice) => (
        <label key={choice.method} class="choice">
          <input
            type="radio"
            name={name}
            checked={preferences.loginMethod.value === choice.method}
            onChange={() => (preferences.loginMethod.value = choice.method)}
          />
          <span>
            <strong>{choice.name}</strong>
            <span class="field-hint">{choice.meaning}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
