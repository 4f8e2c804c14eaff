import type { ComponentChildren } from 'preact';

import { useApp } from '../app-context.ts';
import { maskEmail } from '../format.ts';

/** An e-mail address, hidden when the switch says so. */
export function Email({ address }: { readonly address: string }) {
  const { preferences } = useApp();
  return <>{preferences.masked.value ? maskEmail(address) : address}</>;
}

/** An alias as it may be shown. Why: after a migration an alias can be an e-mail address. */
export function useShownAlias(): (alias: string) => string {
  const isMasked = useApp().preferences.masked.value;
  return (alias) => (isMasked && alias.includes('@') ? maskEmail(alias) : alias);
}

/** The alias of an account. */
export function Alias({ of, children }: { readonly of: string; readonly children?: ComponentChildren }) {
  const shown = useShownAlias();
  return (
    <>
      {shown(of)}
      {children}
    </>
  );
}
