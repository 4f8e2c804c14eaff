import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';

import type { SettingsView } from '../../contract/settings.ts';
import type { Dashboard, DashboardOptions } from './support/dashboard.ts';
import { eventually, seen, unwritableStore, useBrowser, usePage } from './support/eyes.ts';

const browser = useBrowser();
const POOL = { work: { fiveHour: 12, weekly: 34 }, home: { fiveHour: 41, weekly: 8 } };

async function openSettings(options: DashboardOptions = {}): Promise<{ page: Page; dashboard: Dashboard }> {
  const opened = await usePage(browser(), { pool: POOL, ...options });
  await opened.page.goto(`${opened.dashboard.url}/#/settings`);
  await seen(opened.page.getByRole('heading', { name: 'Settings', level: 1 }));
  await seen(opened.page.getByLabel('Weight of work'));
  return opened;
}

const critical = (page: Page) => page.getByLabel('Critical threshold');
const low = (page: Page) => page.getByLabel('Low threshold');
const save = (page: Page) => page.getByRole('button', { name: 'Save' });
const problemOf = (page: Page, id: string) => page.locator(`#${id}.field-problem`);
const persisted = (dashboard: Dashboard) => dashboard.api<SettingsView>('GET', '/api/settings');

test('[F.L6.1] the panel shows the values in force and where each comes from', async () => {
  const { page } = await openSettings({
    settings: { criticalThreshold: 7, lowThreshold: 25, accountWeights: { home: 0.4 } },
  });
  expect([await critical(page).inputValue(), await low(page).inputValue()]).toEqual(['7', '25']);
  expect([
    await page.getByLabel('Weight of home').inputValue(),
    await page.getByLabel('Weight of work').inputValue(),
  ]).toEqual(['0.4', '1']);
  expect(await page.getByRole('radio', { name: /Round robin/ }).isChecked()).toBe(true);
  expect(
    await page.getByRole('switch', { name: 'Keep a conversation on its account' }).getAttribute('aria-checked'),
  ).toBe('true');
  expect(await page.locator('.field', { has: critical(page) }).innerText()).toContain('set here');
});

test('[F.L6.2] thresholds are taken from 0 to 100 only', async () => {
  const { page } = await openSettings();
  for (const wrong of ['-1', '101', 'ten', '']) {
    await low(page).fill(wrong);
    expect(await (await seen(problemOf(page, 'setting-lowThreshold-hint'))).innerText()).toBe(
      'Must be a number from 0 to 100.',
    );
    expect(await save(page).getAttribute('aria-disabled')).toBe('true');
  }
  await low(page).fill('100');
  expect(await problemOf(page, 'setting-lowThreshold-hint').count()).toBe(0);
});

test('[F.L6.3] weights are taken above 0 and up to 1 only', async () => {
  const { page } = await openSettings();
  const weight = page.getByLabel('Weight of work');
  for (const wrong of ['0', '-0.5', '1.01', 'x']) {
    await weight.fill(wrong);
    expect(await weight.getAttribute('aria-invalid')).toBe('true');
    expect(await save(page).getAttribute('aria-disabled')).toBe('true');
  }
  await weight.fill('0.01');
  expect(await weight.getAttribute('aria-invalid')).toBe('false');
  expect(await save(page).getAttribute('aria-disabled')).toBe('false');
});

test('the bar to save never covers the field that is edited, nor what is said about it, on a phone either', async () => {
  const { page } = await openSettings();
  await page.setViewportSize({ width: 390, height: 640 });
  await critical(page).fill('120');
  const weight = page.getByLabel('Weight of work');
  await weight.evaluate((field: HTMLInputElement) => {
    window.scrollBy(0, field.getBoundingClientRect().bottom - innerHeight + 8);
    field.focus({ preventScroll: true });
    field.select();
  });
  await page.keyboard.type('7');
  const problem = await seen(page.getByText('Must be above 0'));
  const gap = async () => {
    const [said, bar] = [await problem.boundingBox(), await page.locator('.save-bar').boundingBox()];
    return said === null || bar === null ? NaN : bar.y - (said.y + said.height);
  };
  await eventually(gap).toBeGreaterThanOrEqual(0);
});

test('[F.L6.4] the critical threshold must stay below the low one', async () => {
  const { page } = await openSettings();
  await critical(page).fill('30');
  expect(await (await seen(problemOf(page, 'setting-criticalThreshold-hint'))).innerText()).toBe(
    'Must be below the low threshold (30).',
  );
  expect(await save(page).getAttribute('aria-disabled')).toBe('true');
  await low(page).fill('31');
  expect(await problemOf(page, 'setting-criticalThreshold-hint').count()).toBe(0);
});

test('[F.L6.5] [F.L6.8] Save applies the changes, says so, and they are there after a reload', async () => {
  const { page, dashboard } = await openSettings();
  await critical(page).fill('12');
  await page.getByLabel('Weight of home').fill('0.5');
  await page.getByRole('radio', { name: /Weighted/ }).check();
  await save(page).click();
  await seen(page.getByText('Settings saved.'));
  const { settings } = await persisted(dashboard);
  expect([settings.criticalThreshold, settings.accountWeights, settings.rotationStrategy]).toEqual([
    12,
    { home: 0.5 },
    'weighted-round-robin',
  ]);
  expect(settings.lowThreshold).toBe(30);
  await page.reload();
  await eventually(() => critical(page).inputValue()).toBe('12');
  expect(await page.getByLabel('Weight of home').inputValue()).toBe('0.5');
  expect(await page.getByRole('radio', { name: /Weighted/ }).isChecked()).toBe(true);
});

test('[F.L6.6] Reset asks first, then restores the defaults', async () => {
  const { page, dashboard } = await openSettings({ settings: { criticalThreshold: 3, lowThreshold: 9 } });
  await page.getByRole('button', { name: 'Reset to defaults…' }).click();
  await page.getByRole('dialog', { name: 'Reset all settings?' }).getByRole('button', { name: 'Cancel' }).click();
  expect((await persisted(dashboard)).settings.criticalThreshold).toBe(3);
  await page.getByRole('button', { name: 'Reset to defaults…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click();
  await seen(page.getByText('Settings are back to their defaults.'));
  expect([await critical(page).inputValue(), await low(page).inputValue()]).toEqual(['10', '30']);
  expect((await persisted(dashboard)).settings.criticalThreshold).toBe(10);
});

test('[F.L6.7] what is wrong stands beside its field and is announced with it; the refusal of the supervisor stands at the button', async () => {
  const { page, dashboard } = await openSettings();
  await page.getByLabel('Schedule').fill('0');
  const problem = await seen(problemOf(page, 'setting-probeIntervalMinutes-hint'));
  expect(await problem.getAttribute('role')).toBe('alert');
  expect(await page.getByLabel('Schedule').getAttribute('aria-describedby')).toBe('setting-probeIntervalMinutes-hint');
  await page.getByLabel('Schedule').fill('20');
  await unwritableStore(dashboard);
  await save(page).click();
  expect(await (await seen(page.locator('.save-bar').getByRole('alert'))).innerText()).toContain('STORE_UNWRITABLE');
  expect(await page.getByLabel('Schedule').inputValue()).toBe('20');
});

test('[F.L4.5] choosing a preset sets its thresholds at once', async () => {
  const { page, dashboard } = await openSettings();
  for (const [name, values] of [
    ['Aggressive', ['20', '40']],
    ['Conservative', ['5', '20']],
    ['Balanced', ['10', '30']],
  ] as const) {
    await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    await eventually(async () => [await critical(page).inputValue(), await low(page).inputValue()]).toEqual(values);
    expect(await page.getByRole('button', { name: new RegExp(`^${name}`) }).getAttribute('aria-pressed')).toBe('true');
    expect((await persisted(dashboard)).preset).toBe(name.toLowerCase());
  }
});

test('a field that the environment or the configuration file holds is locked and says which; the others can be saved', async () => {
  const { page, dashboard } = await openSettings({
    env: { CRITICAL_THRESHOLD: '4' },
    config: { lowThreshold: 22, rotationStrategy: 'least-used', notifyEvents: ['pool-dry'], notifyDesktop: true },
  });
  const place = (field: Locator) => page.locator('.field', { has: field });
  expect([await critical(page).inputValue(), await low(page).inputValue()]).toEqual(['4', '22']);
  expect([await critical(page).isDisabled(), await low(page).isDisabled()]).toEqual([true, true]);
  expect(await place(critical(page)).innerText()).toContain(
    'locked: set by the environment, OPENCODE_MULTI_AUTH_CRITICAL_THRESHOLD',
  );
  expect(await place(low(page)).innerText()).toContain('locked: set by the configuration file');
  expect(await page.getByRole('radio', { name: /Least used/ }).isDisabled()).toBe(true);
  expect(await page.getByRole('checkbox', { name: 'No account can serve' }).isDisabled()).toBe(true);
  const desktop = page.getByRole('switch', { name: 'On the desktop' });
  expect([await desktop.getAttribute('aria-checked'), await desktop.getAttribute('aria-disabled')]).toEqual([
    'true',
    'true',
  ]);
  await page.getByLabel('Schedule').fill('20');
  await save(page).click();
  await seen(page.getByText('Settings saved.'));
  expect((await persisted(dashboard)).settings).toMatchObject({
    criticalThreshold: 4,
    lowThreshold: 22,
    probeIntervalMinutes: 20,
  });
});

test('messages: events, ways and targets are saved; an unsafe address is refused at its field, and a saved one is hidden until it is edited', async () => {
  const { page, dashboard } = await openSettings();
  const [webhook, topic] = [page.getByLabel('Webhook'), page.getByLabel('ntfy topic')];
  for (const wrong of ['http://example.test/hook', 'nonsense', 'ftp://127.0.0.1/']) {
    await webhook.fill(wrong);
    const problem = await seen(problemOf(page, 'setting-notifyWebhookUrl-hint'));
    expect(await problem.innerText()).toBe('Must be https, or http on this machine; empty switches it off.');
    expect(await save(page).getAttribute('aria-disabled')).toBe('true');
  }
  await webhook.fill('http://127.0.0.1:9/hook');
  await topic.fill(' https://ntfy.example.test/s3cret-topic ');
  await page.getByRole('checkbox', { name: 'A limit is running low' }).uncheck();
  await page.getByRole('switch', { name: 'Inside OpenCode' }).click();
  await page.getByRole('switch', { name: 'On the desktop' }).click();
  await save(page).click();
  await seen(page.getByText('Settings saved.'));
  expect((await persisted(dashboard)).settings).toMatchObject({
    notifyEvents: ['needs-login', 'pool-dry', 'pool-recovered', 'force-expired'],
    notifyToast: false,
    notifyDesktop: true,
    notifyWebhookUrl: 'http://127.0.0.1:9/hook',
    notifyNtfyUrl: 'https://ntfy.example.test/s3cret-topic',
  });
  await page.reload();
  await eventually(() => topic.inputValue()).toBe('https://ntfy.example.test/s3cret-topic');
  expect(await page.getByRole('checkbox', { name: 'A limit is running low' }).isChecked()).toBe(false);
  const security = () => topic.evaluate((field) => getComputedStyle(field).getPropertyValue('-webkit-text-security'));
  expect(await security()).toBe('disc');
  await topic.focus();
  expect(await security()).toBe('none');
  await topic.fill('');
  await page.getByRole('switch', { name: 'On the desktop' }).click();
  await save(page).click();
  await eventually(async () => (await persisted(dashboard)).settings.notifyNtfyUrl).toBe('');
  await page.getByRole('button', { name: 'Send a test message' }).click();
  const said = page.locator('.notice-test').getByRole('status');
  await eventually(() => said.innerText()).toMatch(/^Webhook: The connection broke [^\n]*$/);
  await page.goto(`${dashboard.url}/#/activity`);
  await seen(page.locator('.change').first());
  expect(await page.locator('body').innerText()).not.toMatch(/s3cret|127\.0\.0\.1:9/);
});

test('what is being typed survives a change made elsewhere', async () => {
  const { page, dashboard } = await openSettings();
  await low(page).fill('55');
  await dashboard.api('PUT', '/api/settings', { probeIntervalMinutes: 33 });
  await eventually(() => page.getByLabel('Schedule').inputValue()).toBe('33');
  expect(await low(page).inputValue()).toBe('55');
});
