import { expect, test } from 'vitest';

import { eventually, row, seen, useBrowser, usePage } from './support/eyes.ts';

const browser = useBrowser();
const POOL = { work: { fiveHour: 12, weekly: 34 }, home: { fiveHour: 41, weekly: 8 } };
const ANSWER = {
  accounts: [
    {
      email: 'ada@example.test',
      quotas: [
        { model: 'gemini-pro', remainingPercent: 64, resetsAt: null },
        { model: 'claude', remainingPercent: null, resetsAt: null },
      ],
    },
  ],
  reserved: [],
  error: null,
};

test('[G.L4.1] [G.L4.2] [G.L4.5] with the flag off nothing of it is on any screen, and nothing of it is loaded or asked for', async () => {
  const { page, dashboard } = await usePage(browser(), { pool: POOL });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.reload();
  for (const place of ['/#/', '/#/account/work', '/#/activity', '/#/add']) {
    await page.goto(dashboard.url + place);
    await seen(page.locator('main :is(h1, h2)').first());
    expect(await page.content()).not.toMatch(/antigravity/i);
  }
  await page.goto(`${dashboard.url}/#/settings`);
  await seen(page.getByRole('switch', { name: 'Antigravity quotas' }));
  expect(await page.getByRole('region', { name: 'Antigravity' }).count()).toBe(0);
  expect(await page.getByText('Kept for antigravity').count()).toBe(0);
  expect(asked.filter((url) => /antigravity/i.test(url))).toEqual([]);
});

test('[G.L4.3] with the flag on its panel shows every quota, unknown as unknown', async () => {
  const { page } = await usePage(browser(), { pool: POOL, settings: { antigravityEnabled: true } });
  await page.route(/\/api\/antigravity$/, (route) => route.fulfill({ json: ANSWER }));
  await page.reload();
  const panel = await seen(page.getByRole('region', { name: 'Antigravity', exact: true }));
  await eventually(() => panel.innerText()).toMatch(/gemini-pro\s*64 % left/);
  expect(await panel.innerText()).toMatch(/claude\s*unknown/);
});

test('[G.L4.4] the flag is switched in the settings, both ways, and the panel follows', async () => {
  const { page, dashboard } = await usePage(browser(), { pool: POOL });
  const toggle = async (): Promise<void> => {
    await page.goto(`${dashboard.url}/#/settings`);
    await (await seen(page.getByRole('switch', { name: 'Antigravity quotas' }))).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await seen(page.getByText('Settings saved.').last());
    await page.goto(`${dashboard.url}/#/`);
    await seen(row(page, 'work'));
  };
  await toggle();
  await seen(page.getByRole('region', { name: 'Antigravity', exact: true }));
  await page.goto(`${dashboard.url}/#/settings`);
  await seen(page.getByText('Kept for antigravity'));
  await toggle();
  await eventually(() => page.getByRole('region', { name: 'Antigravity', exact: true }).count()).toBe(0);
});
