import chromium from '@sparticuz/chromium';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium as playwright,
  type Page,
} from 'playwright-core';

import type { Dashboard } from './dashboard.ts';

/** Names a Chromium of the system; the one of the development dependencies is used otherwise. */
const SYSTEM_CHROMIUM = process.env['OMA_TEST_CHROMIUM'];

/** Why not the package's own: among them is --single-process, with which closing one context ends the whole browser. */
const ARGUMENTS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--hide-scrollbars'];

const ACTION_MS = 30_000;

/** Starts a headless Chromium. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = SYSTEM_CHROMIUM ?? (await chromium.executablePath());
  return playwright.launch({ executablePath, args: ARGUMENTS, headless: true });
}

/** Opens the page the way `oma open` does, in a browser context of its own. */
export async function openPage(
  browser: Browser,
  dashboard: Dashboard,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', ...options });
  return launch(context, dashboard);
}

/** Opens one more tab of the same browser context. */
export async function launch(context: BrowserContext, dashboard: Dashboard): Promise<Page> {
  context.setDefaultTimeout(ACTION_MS);
  const page = await context.newPage();
  await page.goto(dashboard.launchUrl);
  return page;
}
