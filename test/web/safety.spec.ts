import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { eventually, row, seen, useBrowser, usePage } from './support/eyes.ts';
import { sendRequests } from './support/leases.ts';

const browser = useBrowser();
const POOL = { work: { fiveHour: 12, weekly: 34, burnPerHour: 5 }, home: { fiveHour: 41, weekly: 8 } };
const SCREENS = ['/#/', '/#/account/work', '/#/activity', '/#/settings', '/#/add'];
/** What the page asks for on these screens and in a sign-in. */
const READ = [
  ...['/api/accounts', '/api/settings', '/api/force', '/api/status', '/api/logins', '/api/decisions'],
  ...['/api/accounts/work/history', '/api/accounts/home/reauth'],
];

test('no answer, no page and no storage of the browser holds a token, whatever is looked at', async () => {
  const { page, dashboard } = await usePage(browser(), { pool: POOL });
  const bodies: string[] = [];
  const answered = new Set<string>();
  page.on('response', (response) => {
    if (!response.url().includes('/api/') || response.url().endsWith('/events')) return;
    response.text().then(
      (text) => {
        bodies.push(text);
        answered.add(new URL(response.url()).pathname);
      },
      () => undefined,
    );
  });
  await page.reload();
  for (const place of SCREENS) {
    await page.goto(dashboard.url + place);
    await seen(page.locator('main :is(h1, h2)').first());
    bodies.push(await page.content());
  }
  await page.goto(`${dashboard.url}/#/`);
  await (await seen(page.getByRole('button', { name: 'Re-auth home' }))).click();
  await seen(page.getByRole('button', { name: 'Cancel the sign-in of home' }));
  await eventually(() => READ.filter((path) => !answered.has(path))).toEqual([]);
  bodies.push(
    await page.evaluate(() => JSON.stringify([location.href, localStorage, sessionStorage, document.cookie])),
  );
  const launch = new URL(dashboard.launchUrl).searchParams.get('token') ?? '';
  const store = await readFile(`${dashboard.home}/store/accounts.json`, 'utf8');
  const logins = [...store.matchAll(/"(?:access|refresh)Token":"([^"]+)"/g)].map(([, token = '']) => token);
  const cookies = (await page.context().cookies()).map(({ value }) => value);
  expect(logins).toHaveLength(4);
  for (const secret of [launch, ...logins, ...cookies]) {
    expect(secret.length).toBeGreaterThan(20);
    expect(bodies.filter((body) => body.includes(secret))).toEqual([]);
  }
});

test('the page brings no inline script or style, and one that got in would not run', async () => {
  const { page, dashboard } = await usePage(browser(), { pool: POOL });
  const answer = await fetch(dashboard.url);
  const policy = answer.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  const html = await answer.text();
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>|<style|\son\w+=|javascript:/i);
  expect(
    [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, at]) => at).filter((at) => !at?.match(/^\.?\//)),
  ).toEqual([]);
  const other = await page.context().newPage();
  await other.goto(dashboard.url);
  await seen(row(other, 'work'));
  await other.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.title = "taken over"';
    document.body.append(script);
  });
  expect(await other.title()).toBe('oma');
});

test('decisions arrive by themselves, each with its reason, and open to the verdict on every account', async () => {
  const { page, dashboard } = await usePage(browser(), {
    pool: { ...POOL, low: { fiveHour: 95, weekly: 20 } },
  });
  await eventually(() => page.locator('.header-live').innerText()).toBe('live');
  await seen(page.getByText('Nothing was asked for yet.', { exact: false }));
  await sendRequests(dashboard, [{ session: 'one' }, { session: 'one' }, { session: null }]);
  const items = page.getByRole('region', { name: 'Decisions' }).locator('.feed-item');
  await eventually(() => items.count()).toBe(3);
  expect(await items.locator('.feed-why').allInnerTexts()).toEqual(['round robin', 'same conversation', 'round robin']);
  expect(await items.locator('.feed-who').allInnerTexts()).toEqual(['home', 'work', 'work']);
  await items.first().locator('summary').click();
  expect(await items.first().locator('.feed-verdicts').innerText()).toMatch(
    /work\s+could serve\s+home\s+chosen\s+low\s+held back: nearly empty/,
  );
  expect(await page.getByRole('region', { name: 'At a glance' }).innerText()).toMatch(/Served last\s+home/);
});
