import type { ComponentChildren } from 'preact';

import { maskEmail, maskText } from '../../contract/mask.ts';
import { useApp } from '../app-context.ts';

/** An e-mail address, hidden when the switch says so. */
export function Email({ address }: { readonly address: string }) {
  const { preferences } = useApp();
  return <>{preferences.masked.value ? maskEmail(address) : address}</>;
}

/** Any words as they may be shown. Why not addresses alone: after a migration an alias can be one, and messages name aliases. */
export function useShown(): (words: string) => string {
  const isMasked = useApp().preferences.masked.value;
  return (words) => (isMasked ? maskText(words) : words);
}

/** The alias of an account. */
export function Alias({ of, children }: { readonly of: string; readonly children?: ComponentChildren }) {
  const shown = useShown();
  return (
    <>
      {shown(of)}
      {children}
    </>
  );
}
