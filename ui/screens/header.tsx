import './header.css';

import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import { Icon, type IconName } from '../components/icon.tsx';
import type { Route } from '../route.ts';
import type { ConnectionState } from '../store/connection.ts';
import type { Theme } from '../store/preferences.ts';
import type { Tone } from '../words.ts';

const CONNECTION: Readonly<Record<ConnectionState, { readonly word: string; readonly tone: Tone }>> = {
  connecting: { word: 'connecting', tone: 'mute' },
  live: { word: 'live', tone: 'ok' },
  disconnected: { word: 'disconnected', tone: 'bad' },
  paused: { word: 'paused', tone: 'mute' },
  unauthorised: { word: 'locked', tone: 'bad' },
};

const THEMES: Readonly<Record<Theme, { readonly next: Theme; readonly icon: IconName }>> = {
  system: { next: 'light', icon: 'screen' },
  light: { next: 'dark', icon: 'sun' },
  dark: { next: 'system', icon: 'moon' },
};

const LINKS = [
  { screen: 'overview', href: '#/', name: 'Overview' },
  { screen: 'activity', href: '#/activity', name: 'Activity' },
  { screen: 'settings', href: '#/settings', name: 'Settings' },
] as const;

/** Where one is, whether the page is live, and what this browser prefers. */
export function Header({ route }: { readonly route: Route }) {
  const { connection, status } = useApp();
  const { word, tone } = CONNECTION[connection.state.value];
  return (
    <header class="header">
      <a class="header-name" href="#/" aria-label="oma, overview">
        <img src="/favicon.svg" alt="" width="26" height="26" />
        <span>oma</span>
      </a>
      {status.value.value?.demo === true && <span class="header-demo">demo</span>}
      <nav aria-label="Screens">
        {LINKS.map(({ screen, href, name }) => (
          <a key={screen} href={href} aria-current={route.screen === screen ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <span class="header-live" data-tone={tone} role="status">
        {word}
      </span>
      <Preferences />
      <a class="button header-add" data-kind="main" href="#/add">
        <Icon name="plus" />
        <span>Add account</span>
      </a>
    </header>
  );
}

function Preferences() {
  const { preferences } = useApp();
  const theme = preferences.theme.value;
  const isMasked = preferences.masked.value;
  return (
    <div class="header-preferences" role="group" aria-label="View">
      <Button
        kind="quiet"
        icon={isMasked ? 'eye-off' : 'eye'}
        isPressed={isMasked}
        label="Hide e-mail addresses"
        title={isMasked ? 'E-mail addresses are hidden' : 'Hide e-mail addresses'}
        onClick={() => (preferences.masked.value = !isMasked)}
      >
        {null}
      </Button>
      <Button
        kind="quiet"
        icon={THEMES[theme].icon}
        label={`Theme: ${theme}. Change to ${THEMES[theme].next}.`}
        title={`Theme: ${theme}; change to ${THEMES[theme].next}`}
        onClick={() => (preferences.theme.value = THEMES[theme].next)}
      >
        {null}
      </Button>
    </div>
  );
}
