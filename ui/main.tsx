import './base.css';

import { signal } from '@preact/signals';
import { render } from 'preact';

import { createApi } from './api.ts';
import { App } from './app.tsx';
import { AppContext } from './app-context.ts';
import { createRoute } from './route.ts';
import { createAppStore } from './store/app-store.ts';
import { createClock } from './store/clock.ts';
import type { Line } from './store/connection.ts';

const page = document.getElementById('page');
if (page !== null) start(page);

/** Puts the page together: the only file that meets the browser's clock, storage and network. */
function start(page: Element): void {
  const every = (ms: number, call: () => void): void => void setInterval(call, ms);
  const now = createClock({ now: Date.now, every, isHidden: () => document.hidden });
  const store = createAppStore({
    now,
    every,
    api: (onUnauthorised) => createApi({ fetch: (...request) => fetch(...request), onUnauthorised }),
    openLine,
    storage: storageOf(window),
    later: (ms, call) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
  });
  document.addEventListener('visibilitychange', () => store.connection.setHidden(document.hidden));
  const hash = signal(location.hash);
  addEventListener('hashchange', () => (hash.value = location.hash));
  render(
    <AppContext.Provider value={store}>
      <App route={createRoute(hash)} />
    </AppContext.Provider>,
    page,
  );
}

function openLine(): Line {
  const source = new EventSource('/api/events');
  return {
    on: (type, listener) =>
      source.addEventListener(type, (event: MessageEvent<unknown>) => listener(String(event.data))),
    onError: (listener) => source.addEventListener('error', listener),
    close: () => source.close(),
  };
}

/** A browser that keeps nothing throws on the mere mention. */
function storageOf(host: Window): Storage | null {
  try {
    return host.localStorage;
  } catch {
    return null;
  }
}
