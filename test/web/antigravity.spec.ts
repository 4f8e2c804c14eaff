import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { eventually, row, seen, useBrowser, usePage } from './support/eyes.ts';

const browser = useBrowser();
const POOL = { work: { fiveHour: 12, weekly: 34 }, home: { fiveHour: 41, weekly: 8 } };
/** What the antigravity plugin keeps; a quota whose reset is past says nothing any more. */
const FOREIGN = {
  version: 4,
  accounts: [
    {
      email: 'ada@example.test',
      refreshToken: 'planted-secret',
      cachedQuota: {
        'gemini-pro': { remainingFraction: 0.64, resetTime: '2100-01-01T00:00:00Z' },
        claude: { remainingFraction: 0.2, resetTime: '2020-01-01T00:00:00Z' },
      },
    },
  ],
};

test('[G.L4.1] [G.L4.2] [G.L4.5] with the flag off nothing of it is on any screen, and nothing of it is loaded or asked for', async () => {
  const { page, dashboard } = await usePage(browser(), { pool: POOL });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.reload();
  for (const place of ['/#/', '/#/account/work', '/#/activity', '/#/add', '/#/settings']) {
    await page.goto(dashboard.url + place);
    await seen(page.locator('main :is(h1, h2)').first());
    expect(await page.content()).not.toMatch(/antigravity/i);
  }
  expect(await page.evaluate(() => fetch('/api/settings').then((answer) => answer.text()))).not.toMatch(/antigravity/i);
  expect(asked.filter((url) => /antigravity/i.test(url))).toEqual([]);
});

test("[G.L3.2] [G.L4.3] with the flag on its panel shows every quota of the plugin's own file, unknown as unknown", async () => {
  const { page, dashboard } = await usePage(browser(), { pool: POOL, settings: { antigravityEnabled: true } });
  const file = join(dashboard.home, 'config', 'opencode', 'antigravity-accounts.json');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(FOREIGN));
  await page.reload();
  const panel = await seen(page.getByRole('region', { name: 'Antigravity', exact: true }));
  await eventually(() => panel.innerText()).toMatch(/ada@example\.test/);
  expect(await panel.innerText()).toMatch(/gemini-pro\s*64 % left/);
  expect(await panel.innerText()).toMatch(/claude\s*unknown/);
  expect(await page.content()).not.toContain('planted-secret');
  expect(await readFile(file, 'utf8')).toBe(JSON.stringify(FOREIGN));
});

test('[G.L4.4] the flag is switched in the settings for those who open its section, both ways, and the panel follows', async () => {
  const { page, dashboard } = await usePage(browser(), { pool: POOL });
  const toggle = async (): Promise<void> => {
    await page.goto(`${dashboard.url}/#/settings`);
    const section = await seen(page.locator('details', { hasText: 'Experimental adapters' }));
    if (!(await section.evaluate((details: HTMLDetailsElement) => details.open)))
      await section.locator('summary').click();
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
