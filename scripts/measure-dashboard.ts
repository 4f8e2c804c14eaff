/** Measures the dashboard in a real Chromium against a real supervisor: weight, time until it can be used, longest pause with 200 accounts. Needs dist/. Prints JSON. */
import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import type { Browser, BrowserContext, Page } from 'playwright-core';

import { readArguments } from '../test/support/arguments.ts';
import { openBrowser, openPage } from '../test/web/support/browser.ts';
import { type Dashboard, openDashboard } from '../test/web/support/dashboard.ts';
import { manyAccounts, type Pool } from '../test/web/support/pool.ts';

type Cookies = Awaited<ReturnType<BrowserContext['storageState']>>;

const RUNS = 15;

/** A long task is told to observers only after its end. */
const SETTLE_MS = 300;
// Both run in the page; as text, because this program knows no document.
const TELL_WHEN_USABLE = `new MutationObserver((_, observer) => {
  if (document.querySelector('.account [role="switch"]') === null) return;
  observer.disconnect();
  usableMs = Math.round(performance.now());
}).observe(document, { childList: true, subtree: true });`;
const WATCH_PAUSES = `held = { longest: 0 };
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) held.longest = Math.max(held.longest, duration);
}).observe({ type: 'longtask' });`;

const ASSETS = new URL('../dist/ui/assets/', import.meta.url);

readArguments({});
const browser = await openBrowser();
try {
  const few = manyAccounts(4);
  const many = manyAccounts(200);
  const figures = {
    gzipBytesOfScriptAtFirst: await firstScriptBytes(),
    usableMs: { accounts4: await usable(browser, few), accounts200: await usable(browser, many) },
    longestPauseMs: { accounts200: await longestPause(browser, many) },
  };
  console.log(JSON.stringify(figures, null, 2));
} finally {
  await browser.close();
}

async function firstScriptBytes(): Promise<number> {
  const html = await readFile(new URL('../index.html', ASSETS), 'utf8');
  const names = (await readdir(ASSETS)).filter((name) => name.endsWith('.js') && html.includes(name));
  const sizes = await Promise.all(names.map(async (name) => gzipSync(await readFile(new URL(name, ASSETS))).length));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** From the start of the navigation, with an empty cache, until a switch is on the page and takes clicks, in milliseconds. */
async function usable(chromium: Browser, pool: Pool): Promise<object> {
  return withDashboard(pool, async (dashboard) => {
    // Why closed before the visits: a page that still draws its accounts would take the visitor's processor.
    const launched = await openPage(chromium, dashboard);
    const cookies = await launched.context().storageState();
    await launched.context().close();
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) times.push(await oneVisit(chromium, dashboard.url, cookies));
    times.sort((a, b) => a - b);
    return { median: times[Math.floor(RUNS / 2)], slowest: times.at(-1), runs: RUNS };
  });
}

async function oneVisit(chromium: Browser, url: string, storageState: Cookies): Promise<number> {
  const context = await chromium.newContext({ storageState });
  const page = await context.newPage();
  await page.addInitScript({ content: TELL_WHEN_USABLE });
  await page.goto(url);
  await page.locator('.account [role="switch"]').first().waitFor();
  const at = await page.evaluate<number>('usableMs');
  await context.close();
  return at;
}

/** The longest task of the page while somebody looks for an account, sorts, switches one, scrolls through all, and changes arrive. */
async function longestPause(chromium: Browser, pool: Pool): Promise<object> {
  return withDashboard(pool, async (dashboard) => {
    const page = await openPage(chromium, dashboard);
    await page.locator('.account').first().waitFor();
    const pauses = {
      find: await pauseDuring(page, async () => {
        await page.getByLabel('Find an account').pressSequentially('seat-17');
        await page.getByLabel('Find an account').fill('');
      }),
      sort: await pauseDuring(page, () => page.getByLabel('Order').selectOption('left')),
      switch: await pauseDuring(page, async () => {
        await page.getByRole('switch').first().click();
        await page.locator('[role="switch"][data-state="off"]').first().waitFor();
      }),
      scroll: await pauseDuring(page, async () => {
        for (let step = 0; step < 40; step += 1) await page.mouse.wheel(0, 400);
      }),
      changeElsewhere: await pauseDuring(page, async () => {
        await dashboard.api('PUT', '/api/accounts/seat-3/enabled', { enabled: false });
        await page.locator('.account[data-alias="seat-3"][data-enabled="no"]').waitFor({ state: 'attached' });
      }),
    };
    await page.context().close();
    return pauses;
  });
}

/** Tasks under 50 ms are no pause and count as 0. */
async function pauseDuring(page: Page, act: () => Promise<unknown>): Promise<number> {
  await page.evaluate(WATCH_PAUSES);
  await act();
  await page.waitForTimeout(SETTLE_MS);
  return page.evaluate<number>('Math.round(held.longest)');
}

async function withDashboard<T>(pool: Pool, use: (dashboard: Dashboard) => Promise<T>): Promise<T> {
  const dashboard = await openDashboard({ pool });
  try {
    return await use(dashboard);
  } finally {
    await dashboard.close();
  }
}
