import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import type { AppStore } from './store/app-store.ts';

export const AppContext = createContext<AppStore | null>(null);

/** The stores of the page. */
export function useApp(): AppStore {
  const app = useContext(AppContext);
  if (app === null) throw new Error('A component stands outside of the page.');
  return app;
}
