import { describe, expect, test } from 'vitest';

import { launch } from './support/browser.ts';
import {
  enabledSwitch,
  eventually,
  row,
  seen,
  sentBy,
  stateOf,
  unwritableStore,
  useBrowser,
  usePage,
} from './support/eyes.ts';

const browser = useBrowser();
const POOL = {
  work: { fiveHour: 12, weekly: 34 },
  home: { fiveHour: 41, weekly: 8 },
  spare: { fiveHour: 0, weekly: 3 },
};
const TOGGLE = /\/api\/accounts\/[^/]+\/enabled$/;

function withDisabled(alias: string) {
  return {
    ...POOL,
    [alias]: {
      change: {
        availability: { enabled: false as const, disabledAt: Date.now(), disabledBy: 'cli', disableReason: 'holiday' },
      },
    },
  };
}

describe('the Enabled switch', () => {
  test('[D.L4.1] the table shows every alias, each with its Enabled switch', async () => {
    const { page } = await usePage(browser(), { pool: POOL });
    const table = await seen(page.getByRole('table', { name: 'Accounts' }));
    expect(await table.locator('.account-name a').allInnerTexts()).toEqual(['work', 'home', 'spare']);
    expect(
      await table.getByRole('switch').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label'))),
    ).toEqual(['work enabled', 'home enabled', 'spare enabled']);
  });

  test('[D.L4.2] a disabled account shows off, with the reason', async () => {
    const { page } = await usePage(browser(), { pool: withDisabled('home') });
    const off = await seen(enabledSwitch(page, 'home'));
    expect([await stateOf(off), await off.getAttribute('aria-checked')]).toEqual(['off', 'false']);
    expect(await row(page, 'home').innerText()).toContain('holiday');
  });

  test('[D.L4.3] an enabled account shows on', async () => {
    const { page } = await usePage(browser(), { pool: withDisabled('home') });
    const on = await seen(enabledSwitch(page, 'work'));
    expect([await stateOf(on), await on.getAttribute('aria-checked')]).toEqual(['on', 'true']);
  });

  test('[D.L4.4] while a slow backend works the switch shows updating and says so', async () => {
    const { page, dashboard } = await usePage(browser(), { pool: POOL });
    const control = await seen(enabledSwitch(page, 'home'));
    dashboard.freeze();
    await control.click();
    await eventually(() => stateOf(control)).toBe('updating');
    expect(await control.getAttribute('aria-busy')).toBe('true');
    expect(await control.getAttribute('aria-label')).toBe('home enabled, being changed');
    expect(await control.getAttribute('aria-checked')).toBe('true');
    dashboard.thaw();
    await eventually(() => stateOf(control)).toBe('off');
  });

  test('[D.L4.5] a refused change shows error with the reason, and the switch stays what it was', async () => {
    const { page } = await usePage(browser(), { pool: { only: { fiveHour: 1, weekly: 1 } } });
    const control = await seen(enabledSwitch(page, 'only'));
    await control.click();
    await eventually(() => stateOf(control)).toBe('error');
    expect(await control.getAttribute('aria-checked')).toBe('true');
    expect(await row(page, 'only').getByRole('alert').innerText()).toContain('LAST_ENABLED_ACCOUNT');
    await row(page, 'only').getByRole('button', { name: 'Dismiss this message' }).click();
    await eventually(() => stateOf(control)).toBe('on');
  });

  test('[D.L4.5] a store that cannot be written shows error, and trying again works', async () => {
    const { page, dashboard } = await usePage(browser(), { pool: POOL });
    const control = await seen(enabledSwitch(page, 'home'));
    const repair = await unwritableStore(dashboard);
    await control.click();
    await eventually(() => stateOf(control)).toBe('error');
    expect(await row(page, 'home').getByRole('alert').innerText()).toContain('STORE_UNWRITABLE');
    expect(await control.getAttribute('aria-checked')).toBe('true');
    await repair();
    await control.click();
    await eventually(() => stateOf(control)).toBe('off');
  });

  test('[D.L4.6] a double click sends one change', async () => {
    const { page, dashboard } = await usePage(browser(), { pool: POOL });
    const sent = sentBy(page, 'PUT', TOGGLE);
    const control = await seen(enabledSwitch(page, 'home'));
    dashboard.freeze();
    await control.dblclick();
    await control.click({ force: true });
    await eventually(() => control.getAttribute('aria-disabled')).toBe('true');
    dashboard.thaw();
    await eventually(() => stateOf(control)).toBe('off');
    expect(sent()).toBe(1);
  });

  test('[D.L4.7] the change is there after a reload and in the other tab', async () => {
    const { page, dashboard } = await usePage(browser(), { pool: POOL });
    const other = await launch(page.context(), dashboard);
    await seen(enabledSwitch(other, 'home'));
    await (await seen(enabledSwitch(page, 'home'))).click();
    await eventually(() => stateOf(enabledSwitch(page, 'home'))).toBe('off');
    await eventually(() => stateOf(enabledSwitch(other, 'home'))).toBe('off');
    await page.reload();
    expect(await stateOf(await seen(enabledSwitch(page, 'home')))).toBe('off');
    await enabledSwitch(other, 'home').click();
    await eventually(() => stateOf(enabledSwitch(page, 'home'))).toBe('on');
  });

  test('[D.L4.8] there is no disable button anywhere', async () => {
    const { page } = await usePage(browser(), { pool: withDisabled('home') });
    for (const place of ['/#/', '/#/account/work', '/#/account/home', '/#/settings', '/#/activity', '/#/add']) {
      await page.goto(new URL(place, page.url()).href);
      await seen(page.locator('main :is(h1, h2)').first());
      expect(await page.getByRole('button', { name: /disable|enable|deactivate|suspend/i }).count()).toBe(0);
      expect(await page.getByRole('menuitem').count()).toBe(0);
    }
  });

  test('[D.L4.13] only the switch sends a change of Enabled: every other control of a row leaves it alone', async () => {
    const { page } = await usePage(browser(), { pool: POOL, settings: { probeSources: ['usage-endpoint'] } });
    const sent = sentBy(page, 'PUT', TOGGLE);
    await seen(row(page, 'home'));
    for (const control of await row(page, 'home').getByRole('button').all()) await control.click();
    await seen(page.getByRole('button', { name: 'Cancel the sign-in of home' }));
    expect(sent()).toBe(0);
    expect(await page.locator('.account [role="switch"]').count()).toBe(3);
    await enabledSwitch(page, 'spare').click();
    await eventually(sent).toBe(1);
  });

  test('a reason typed beside the switch is kept with the account', async () => {
    const { page, dashboard } = await usePage(browser(), { pool: POOL });
    await page.goto(`${dashboard.url}/#/account/home`);
    await (await seen(page.getByLabel('Reason for disabling home (optional)'))).fill('  saving it for Friday ');
    await enabledSwitch(page, 'home').click();
    await seen(page.getByText('Off: saving it for Friday'));
  });
});

describe('the other controls of an account', () => {
  test('an account is removed only after a question, which Escape takes back', async () => {
    const { page, dashboard } = await usePage(browser(), { pool: POOL });
    await page.goto(`${dashboard.url}/#/account/spare`);
    const remove = await seen(page.getByRole('button', { name: 'Remove spare' }));
    await remove.click();
    await seen(page.getByRole('dialog', { name: 'Remove spare?' }));
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await remove.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await seen(row(page, 'home'));
    await eventually(() => row(page, 'spare').count()).toBe(0);
    expect((await dashboard.api<{ accounts: unknown[] }>('GET', '/api/accounts')).accounts).toHaveLength(2);
  });

  test('switching codex writes its login and marks the account', async () => {
    const { page } = await usePage(browser(), { pool: POOL });
    await (await seen(page.getByRole('button', { name: 'Sign codex in as home' }))).click();
    await seen(page.getByRole('button', { name: 'codex is signed in as home' }));
    expect(await row(page, 'home').innerText()).toContain('in codex');
  });

  test('what an icon means is told by pointer, by keyboard and by touch, and Escape takes it away', async () => {
    const { page } = await usePage(browser(), { pool: POOL }, { hasTouch: true });
    const pin = await seen(page.getByRole('button', { name: 'Pin home for 24 hours' }));
    const probe = page.getByRole('button', { name: 'Probe home now' });
    const tooltip = page.getByRole('tooltip');
    await probe.focus();
    expect(await (await seen(tooltip)).innerText()).toBe('Probe the limits now');
    await page.keyboard.press('Tab');
    await eventually(() => tooltip.innerText()).toBe('Pin for 24 hours');
    expect(await pin.getAttribute('aria-describedby')).toBe(await tooltip.getAttribute('id'));
    await page.keyboard.press('Escape');
    await eventually(() => tooltip.count()).toBe(0);
    await probe.hover();
    await eventually(() => tooltip.innerText()).toBe('Probe the limits now');
    await page.mouse.move(0, 0);
    await eventually(() => tooltip.count()).toBe(0);
    await page.getByRole('button', { name: 'Hide e-mail addresses' }).tap();
    await eventually(() => tooltip.innerText()).toBe('E-mail addresses are hidden');
    expect(await page.locator('[title]:is(button, a)').count()).toBe(0);
  });

  test('addresses are hidden by a switch that this browser remembers, also where an address is the name of an account', async () => {
    const { page, dashboard } = await usePage(browser(), { pool: { ...POOL, 'eve@example.test': {} } });
    await seen(page.getByText('ada@example.test').first());
    await page.getByRole('button', { name: 'Hide e-mail addresses' }).click();
    await enabledSwitch(page, 'eve@example.test').click();
    await eventually(() => stateOf(enabledSwitch(page, 'eve@example.test'))).toBe('off');
    await page.reload();
    await seen(row(page, 'work'));
    expect(await page.getByRole('button', { name: 'Hide e-mail addresses' }).getAttribute('aria-pressed')).toBe('true');
    for (const place of [
      '/#/',
      '/#/account/eve%40example.test',
      '/#/activity',
      '/#/settings',
      '/#/account/nobody@a.test',
    ]) {
      await page.goto(dashboard.url + place);
      await seen(page.locator('main :is(h1, h2)').first());
      expect(await page.locator('body').innerText()).not.toMatch(/(ada|eve|nobody)@/);
    }
    await page.goto(`${dashboard.url}/#/`);
    await (await seen(page.getByRole('link', { name: 'e…@e…', exact: true }).last())).click();
    expect(page.url()).toMatch(/#\/account\/~[0-9a-f]{8}$/);
    await (await seen(page.getByRole('button', { name: /^Remove eve/ }))).click();
    expect(await (await seen(page.getByRole('dialog'))).innerText()).toContain('Remove e…@e…?');
  });
});
