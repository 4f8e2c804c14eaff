/** Makes docs/screenshots/*.png from a real supervisor with simulated accounts, so that the pictures in README stay true. Needs dist/. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Browser, BrowserContextOptions } from 'playwright-core';

import { readArguments } from '../test/support/arguments.ts';
import { openBrowser, openPage } from '../test/web/support/browser.ts';
import { type Dashboard, openDashboard } from '../test/web/support/dashboard.ts';
import { sendRequests } from '../test/web/support/leases.ts';
import type { Pool } from '../test/web/support/pool.ts';

const TARGET = fileURLToPath(new URL('../docs/screenshots', import.meta.url));
const DESK: BrowserContextOptions = { viewport: { width: 1280, height: 760 } };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const POOL: Pool = {
  work: { fiveHour: 38, weekly: 34, burnPerHour: 9 },
  home: { fiveHour: 78, weekly: 48, burnPerHour: 18, probedMinutesAgo: 2 },
  colleague: {
    fiveHour: 93,
    weekly: 71,
    probedMinutesAgo: 18,
    error: 'The codex session ended before it was complete; nothing was changed.',
  },
  free: { weekly: 22, probedMinutesAgo: 3 },
  spare: {
    change: {
      availability: {
        enabled: false,
        disabledAt: Date.now(),
        disabledBy: 'dashboard',
        disableReason: 'kept for Friday',
      },
    },
  },
};

interface Shot {
  readonly name: string;
  readonly place: string;
  /** Seen before the picture is taken. */
  readonly ready: string;
  readonly context: BrowserContextOptions;
}

const SHOTS: readonly Shot[] = [
  { name: 'overview', place: '/#/', ready: '.feed-item', context: { ...DESK, colorScheme: 'light' } },
  { name: 'dark', place: '/#/', ready: '.feed-item', context: { ...DESK, colorScheme: 'dark' } },
  { name: 'account', place: '/#/account/home', ready: '.chart canvas', context: { ...DESK, colorScheme: 'dark' } },
  { name: 'settings', place: '/#/settings', ready: '.weights', context: { ...DESK, colorScheme: 'light' } },
  { name: 'add', place: '/#/add', ready: '.choices', context: { ...DESK, colorScheme: 'dark' } },
  { name: 'phone', place: '/#/', ready: '.feed-item', context: { ...PHONE, colorScheme: 'dark' } },
];

readArguments({});
const browser = await openBrowser();
try {
  await mkdir(TARGET, { recursive: true });
  await withDashboard(POOL, async (dashboard) => {
    const sessions = ['one', 'two', 'one', null, 'three', 'two', null];
    await sendRequests(
      dashboard,
      sessions.map((session) => ({ session })),
    );
    for (const shot of SHOTS) await take(browser, dashboard, shot);
    await dashboard.api('POST', '/api/force', { alias: 'work' });
    await take(browser, dashboard, {
      name: 'force',
      place: '/#/',
      ready: '.force[data-state="on"]',
      context: { ...DESK, colorScheme: 'light' },
    });
    await dashboard.api('PUT', '/api/settings', { criticalThreshold: 12, accountWeights: { home: 0.5 } });
    await take(browser, dashboard, {
      name: 'activity',
      place: '/#/activity',
      ready: '.change',
      context: { ...DESK, colorScheme: 'dark' },
    });
  });
  await withDashboard(POOL, async (dashboard) => {
    const page = await openPage(browser, dashboard, {
      viewport: { width: 1280, height: 560 },
      reducedMotion: 'reduce',
      colorScheme: 'light',
    });
    await page.locator('.account').first().waitFor();
    await dashboard.kill();
    await page.getByText('Disconnected:').waitFor();
    await page.screenshot({ path: join(TARGET, 'disconnected.png'), animations: 'disabled' });
    await page.context().close();
  });
  await withDashboard({}, (dashboard) =>
    take(browser, dashboard, {
      name: 'first-run',
      place: '/#/',
      ready: '.first',
      context: { ...DESK, colorScheme: 'light' },
    }),
  );
} finally {
  await browser.close();
}

async function withDashboard(pool: Pool, use: (dashboard: Dashboard) => Promise<void>): Promise<void> {
  const dashboard = await openDashboard({ pool });
  try {
    await use(dashboard);
  } finally {
    await dashboard.close();
  }
}

async function take(chromium: Browser, dashboard: Dashboard, { name, place, ready, context }: Shot): Promise<void> {
  const page = await openPage(chromium, dashboard, { reducedMotion: 'reduce', ...context });
  await page.goto(dashboard.url + place);
  await page.locator(ready).first().waitFor();
  await page.getByText('live', { exact: true }).waitFor();
  await page.screenshot({ path: join(TARGET, `${name}.png`), animations: 'disabled' });
  await page.context().close();
  console.log(`docs/screenshots/${name}.png`);
}
