import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';

import { openBrowser, openPage } from './browser.ts';
import { type Dashboard, type DashboardOptions, openDashboard } from './dashboard.ts';

const EVENTUALLY_MS = 30_000;
const LOOK_EVERY_MS = 25;

/** One browser for all tests of a file. */
export function useBrowser(): () => Browser {
  const held: { browser: Browser | null } = { browser: null };
  beforeAll(async () => {
    held.browser = await openBrowser();
  });
  afterAll(() => held.browser?.close());
  return () => {
    if (held.browser === null) throw new Error('the browser is not open yet');
    return held.browser;
  };
}

/** A dashboard and a page on it, for one test. Shape: the test fails if the page threw or broke its content security policy. */
export async function usePage(
  browser: Browser,
  options: DashboardOptions = {},
  context: BrowserContextOptions = {},
): Promise<{ page: Page; dashboard: Dashboard }> {
  const dashboard = await openDashboard(options);
  const page = await openPage(browser, dashboard, context);
  const thrown: string[] = [];
  page.on('pageerror', (error) => thrown.push(error.message));
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) thrown.push(message.text());
  });
  onTestFinished(async () => {
    await page.context().close();
    await dashboard.close();
    expect(thrown).toEqual([]);
  });
  return { page, dashboard };
}

/** Expects something to become true, with a deadline. */
export function eventually<T>(look: () => T | Promise<T>) {
  return expect.poll(look, { timeout: EVENTUALLY_MS, interval: LOOK_EVERY_MS });
}

/** Waits until the locator is seen, and returns it. */
export async function seen(locator: Locator): Promise<Locator> {
  await locator.waitFor({ state: 'visible' });
  return locator;
}

/** The row of an account. */
export function row(page: Page, alias: string): Locator {
  return page.locator(`.account[data-alias="${alias}"]`);
}

/** The Enabled switch of an account. */
export function enabledSwitch(page: Page, alias: string): Locator {
  return page.getByRole('switch', { name: new RegExp(`^${alias} enabled`) });
}

/** The state a control shows. */
export function stateOf(control: Locator): Promise<string | null> {
  return control.getAttribute('data-state');
}

/** The strip that shows and changes the force. */
export function forceControl(page: Page): Locator {
  return page.getByRole('region', { name: /^Force/ });
}

/** Counts what the page sends of one kind. */
export function sentBy(page: Page, method: string, path: RegExp): () => number {
  const count = { sent: 0 };
  page.on('request', (request) => {
    if (request.method() === method && path.test(request.url())) count.sent += 1;
  });
  return () => count.sent;
}

/** Puts something in the way of every write of the supervisor's store; answers what takes it away again. */
export async function unwritableStore({ home }: Dashboard): Promise<() => Promise<void>> {
  const draft = join(home, 'store', 'accounts.json.oma-tmp');
  await mkdir(join(draft, 'in-the-way'), { recursive: true });
  return () => rm(draft, { recursive: true });
}

/** A backend that fails one kind of request. Why not a store in its way: reading needs none. */
export async function failingBackend(page: Page, method: string, path: RegExp): Promise<void> {
  await page.route(path, (route) => {
    if (route.request().method() !== method) return route.fallback();
    return route.fulfill({
      status: 507,
      json: {
        code: 'STORE_UNWRITABLE',
        message: 'The store cannot be written; nothing was changed. Free some space.',
        requestId: 'r-1',
      },
    });
  });
}

/** Roles of what a person operates or reads a figure from, as the accessibility tree calls them. */
const TOLD =
  /^(button|link|textbox|searchbox|combobox|listbox|checkbox|radio|switch|slider|spinbutton|tab|menuitem|option|DisclosureTriangle|dialog|image|meter)$/;

/** What keeps somebody out of the page as it is now: what axe finds, and what the browser's own accessibility tree gives no name. Why both: they do not agree on what a live region inside of a button adds to its name. */
export async function barriers(page: Page): Promise<readonly object[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).slice(0, 3),
  }));
  return [...found, ...(await told(page)).filter(({ name }) => name === '')];
}

/** What can be operated and measured on the page, as a screen reader is told of it. */
export async function told(page: Page): Promise<readonly { readonly role: string; readonly name: string }[]> {
  const line = await page.context().newCDPSession(page);
  const { nodes } = await line.send('Accessibility.getFullAXTree');
  await line.detach();
  return nodes.flatMap(({ ignored, role, name }) => {
    const kind = String(role?.value ?? '');
    return !ignored && TOLD.test(kind) ? [{ role: kind, name: String(name?.value ?? '').trim() }] : [];
  });
}
