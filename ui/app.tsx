import './app.css';

import { type ReadonlySignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { useApp } from './app-context.ts';
import { Waiting } from './components/waiting.tsx';
import type { Route } from './route.ts';
import { AccountScreen } from './screens/account-screen.tsx';
import { Activity } from './screens/activity.tsx';
import { AddAccount } from './screens/add-account.tsx';
import { Banners } from './screens/banners.tsx';
import { FirstRun } from './screens/first-run.tsx';
import { Header } from './screens/header.tsx';
import { NoticeList } from './screens/notice-list.tsx';
import { Overview } from './screens/overview.tsx';
import { SettingsScreen } from './screens/settings-screen.tsx';
import { Unauthorised } from './screens/unauthorised.tsx';

/** The whole page. */
export function App({ route }: { readonly route: ReadonlySignal<Route> }) {
  const app = useApp();
  useTheme();
  if (app.connection.state.value === 'unauthorised') return <Unauthorised />;
  return (
    <>
      <a class="skip" href="#main" onClick={skipToMain}>
        Skip to content
      </a>
      <Header route={route.value} />
      <Banners />
      <Main route={route.value} />
      <NoticeList />
    </>
  );
}

function Main({ route }: { readonly route: Route }) {
  const main = useRef<HTMLElement>(null);
  const place = route.screen === 'account' ? `account ${route.key}` : route.screen;
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [place]);
  return (
    <main id="main" ref={main} tabIndex={-1} class={`screen screen-${route.screen}`}>
      <Screen route={route} />
    </main>
  );
}

function Screen({ route }: { readonly route: Route }) {
  const { accounts } = useApp();
  const list = accounts.list.value;
  if (route.screen === 'settings') return <SettingsScreen />;
  if (route.screen === 'activity') return <Activity />;
  if (route.screen === 'add') return <AddAccount />;
  if (list === null) return <Waiting what="the accounts" error={accounts.error.value} onAgain={accounts.refresh} />;
  if (route.screen === 'account') return <AccountScreen key={route.key} of={route.key} />;
  return list.length === 0 ? <FirstRun /> : <Overview accounts={list} />;
}

/** Why by hand: following the link would change the hash, and the hash is the route. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function useTheme(): void {
  const { preferences } = useApp();
  useSignalEffect(() => {
    const theme = preferences.theme.value;
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  });
}
