import { computed, type ReadonlySignal } from '@preact/signals';

/** Where in the page somebody is. */
export type Route =
  | { readonly screen: 'overview' | 'activity' | 'settings' | 'add' }
  | { readonly screen: 'account'; readonly alias: string };

const SCREENS = ['activity', 'settings', 'add'] as const;

/** Reads the route out of the address. Why the hash: the supervisor serves one page. */
export function createRoute(hash: ReadonlySignal<string>): ReadonlySignal<Route> {
  return computed(() => parseRoute(hash.value));
}

/** Reads one address; anything unknown is the overview. */
export function parseRoute(hash: string): Route {
  const [first = '', second] = hash.replace(/^#\/?/, '').split('/');
  if (first === 'account' && second !== undefined) return { screen: 'account', alias: decode(second) };
  return { screen: SCREENS.find((screen) => screen === first) ?? 'overview' };
}

/** The address of an account. */
export function accountHref(alias: string): string {
  return `#/account/${encodeURIComponent(alias)}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
