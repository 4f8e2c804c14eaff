import { computed, type ReadonlySignal } from '@preact/signals';

/** Where in the page somebody is. */
export type Route =
  | { readonly screen: 'overview' | 'activity' | 'settings' | 'add' }
  | { readonly screen: 'account'; readonly key: string };

const SCREENS = ['activity', 'settings', 'add'] as const;

/** Reads the route out of the address. Why the hash: the supervisor serves one page. */
export function createRoute(hash: ReadonlySignal<string>): ReadonlySignal<Route> {
  return computed(() => parseRoute(hash.value));
}

/** Reads one address; anything unknown is the overview. */
export function parseRoute(hash: string): Route {
  const [first = '', second] = hash.replace(/^#\/?/, '').split('/');
  if (first === 'account' && second !== undefined) return { screen: 'account', key: accountKey(decode(second)) };
  return { screen: SCREENS.find((screen) => screen === first) ?? 'overview' };
}

/** The address of an account. */
export function accountHref(alias: string): string {
  return `#/account/${encodeURIComponent(accountKey(alias))}`;
}

/** What an account is called in the address bar. Why not always its alias: after a migration that can be an e-mail, which is in every screenshot then. */
export function accountKey(alias: string): string {
  return alias.includes('@') ? `~${digest(alias)}` : alias;
}

/** Tells texts apart; hides nothing from somebody who guesses. Shape: FNV-1a, 32 bits in hexadecimal. */
function digest(text: string): string {
  let sum = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) sum = Math.imul(sum ^ byte, 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, '0');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
