import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';

import {
  barriers,
  enabledSwitch,
  eventually,
  failingBackend,
  forceControl,
  row,
  seen,
  stateOf,
  told,
  unwritableStore,
  useBrowser,
  usePage,
} from './support/eyes.ts';
import { manyAccounts } from './support/pool.ts';

const browser = useBrowser();
const POOL = {
  work: { fiveHour: 12, weekly: 34, burnPerHour: 5 },
  home: { fiveHour: 75, weekly: 8, probedMinutesAgo: 20 },
  tight: { fiveHour: 97, weekly: 71, error: 'The session was cut.', probedMinutesAgo: 10 },
  never: {},
};
/** After a migration an alias can be a whole address. */
const LONG = 'eve.of.a-very-long-name@subdomain.example.test';
const SCREENS = ['/#/', '/#/account/work', '/#/account/never', '/#/activity', '/#/settings', '/#/add'];
const KB = 1_024;
/** A screen that looks the same this many times has all its controls. */
const QUIET_LOOKS = 12;

describe('the line to the supervisor', () => {
  test('a killed supervisor is seen at once, and the page comes back by itself with what changed meanwhile', async () => {
    const { page, dashboard } = await usePage(browser(), { pool: POOL });
    await seen(row(page, 'work'));
    await eventually(() => page.locator('.header-live').innerText()).toBe('live');
    await dashboard.kill();
    await seen(page.getByRole('alert').filter({ hasText: 'Disconnected' }));
    expect(await page.locator('.header-live').innerText()).toBe('disconnected');
    expect(await row(page, 'work').innerText()).toContain('88 %');
    await enabledSwitch(page, 'work').click();
    await eventually(() => stateOf(enabledSwitch(page, 'work'))).toBe('error');
    expect(await row(page, 'work').getByRole('alert').innerText()).toContain('UNREACHABLE');
    await page.getByLabel('Account to force').selectOption('home');
    await page.getByRole('button', { name: 'Pin for 24 h', exact: true }).click();
    await eventually(() => stateOf(forceControl(page))).toBe('error');
    expect(await forceControl(page).getByRole('alert').innerText()).toContain('UNREACHABLE');
    await dashboard.start();
    await dashboard.api('PUT', '/api/accounts/never/enabled', { enabled: false });
    await eventually(() => page.locator('.header-live').innerText()).toBe('live');
    await eventually(() => stateOf(enabledSwitch(page, 'never'))).toBe('off');
    expect(await page.getByText('Disconnected').count()).toBe(0);
  });

  test('a change made elsewhere appears without a reload', async () => {
    const { page, dashboard } = await usePage(browser(), { pool: POOL });
    await seen(row(page, 'work'));
    await eventually(() => page.locator('.header-live').innerText()).toBe('live');
    await dashboard.api('POST', '/api/force', { alias: 'work' });
    await eventually(() => stateOf(forceControl(page))).toBe('on');
  });

  test('accounts that cannot be read at first are not waited for in silence', async () => {
    const { page } = await usePage(browser(), { pool: POOL });
    await failingBackend(page, 'GET', /\/api\/accounts$/);
    await page.reload();
    expect(await (await seen(page.locator('main').getByRole('alert'))).innerText()).toContain('STORE_UNWRITABLE');
    await page.unroute(/\/api\/accounts$/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await seen(row(page, 'work'));
  });

  test('a browser without the cookie is told to run oma open, and nothing else is shown', async () => {
    const { page, dashboard } = await usePage(browser(), { pool: POOL });
    await page.context().clearCookies();
    await page.goto(`${dashboard.url}/?again`);
    await seen(page.getByRole('heading', { name: 'This page is locked' }));
    expect(await page.locator('main').innerText()).toContain('oma open');
    expect(await page.locator('.account').count()).toBe(0);
  });
});

describe('for everybody', () => {
  for (const theme of ['light', 'dark'] as const) {
    test(`nobody is kept out: axe finds nothing and each control has a name, on any screen in the ${theme} theme`, async () => {
      const { page, dashboard } = await usePage(
        browser(),
        { pool: POOL, settings: { antigravityEnabled: true } },
        { colorScheme: theme },
      );
      for (const place of SCREENS) {
        await page.goto(dashboard.url + place);
        await seen(page.locator('main :is(h1, h2)').first());
        expect({ place, found: await barriers(page) }).toEqual({ place, found: [] });
      }
      await page.goto(`${dashboard.url}/#/`);
      await (await seen(page.getByRole('button', { name: 'Re-auth home' }))).click();
      await seen(page.getByRole('button', { name: 'Cancel the sign-in of home' }));
      await page.getByLabel('Account to force').selectOption('work');
      await page.getByRole('button', { name: 'Pin for 24 h', exact: true }).click();
      await eventually(() => stateOf(forceControl(page))).toBe('on');
      expect(await barriers(page)).toEqual([]);
      await page.goto(`${dashboard.url}/#/add`);
      await (await seen(page.getByRole('button', { name: 'Check first' }))).click();
      await seen(page.getByRole('alert').filter({ hasText: 'IMPORT_NOT_FOUND' }));
      await page.getByRole('radio', { name: /A code/ }).check();
      await page.getByLabel('Name of the account').fill('third');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await seen(page.locator('.login-code code'));
      expect(await barriers(page)).toEqual([]);
    });
  }

  for (const theme of ['light', 'dark'] as const) {
    test(`nobody is kept out: axe finds nothing and each control has a name, where something is wrong in the ${theme} theme: a wrong field, a question, a refusal, no supervisor`, async () => {
      const { page, dashboard } = await usePage(browser(), { pool: POOL }, { colorScheme: theme });
      await page.goto(`${dashboard.url}/#/settings`);
      await (await seen(page.getByLabel('Critical threshold'))).fill('120');
      expect(await barriers(page)).toEqual([]);
      await page.goto(`${dashboard.url}/#/account/home`);
      await (await seen(page.getByRole('button', { name: 'Remove home' }))).click();
      await seen(page.getByRole('heading', { name: 'Remove home?' }));
      expect(await barriers(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.goto(`${dashboard.url}/#/`);
      const repair = await unwritableStore(dashboard);
      await (await seen(enabledSwitch(page, 'home'))).click();
      await eventually(() => stateOf(enabledSwitch(page, 'home'))).toBe('error');
      await page.getByRole('button', { name: 'Last probe error of tight' }).focus();
      expect(await barriers(page)).toEqual([]);
      await repair();
      await dashboard.kill();
      await seen(page.getByText('Disconnected:'));
      expect(await barriers(page)).toEqual([]);
    });
  }

  test('nobody is kept out: axe finds nothing and each control has a name, on the first-run screen and the locked screen', async () => {
    const { page } = await usePage(browser(), {});
    await seen(page.getByRole('heading', { name: 'Welcome to oma' }));
    expect(await barriers(page)).toEqual([]);
    await page.context().clearCookies();
    await page.reload();
    await seen(page.getByRole('heading', { name: 'This page is locked' }));
    expect(await barriers(page)).toEqual([]);
  });

  test('every control of every screen is reached by Tab alone, in the order it is read', async () => {
    const { page, dashboard } = await usePage(browser(), { pool: POOL, settings: { antigravityEnabled: true } });
    for (const place of SCREENS) {
      await page.goto(`${dashboard.url}/?fresh=${String(SCREENS.indexOf(place))}${place.slice(1)}`);
      await seen(page.locator('main :is(h1, h2)').first());
      const wanted = await markControls(page);
      const reached: (string | null)[] = [];
      for (let step = 0; step < wanted.length; step += 1) {
        await page.keyboard.press('Tab');
        reached.push(await page.evaluate(() => document.activeElement?.getAttribute('data-stop') ?? null));
      }
      expect({ place, reached }).toEqual({ place, reached: wanted });
      expect(wanted.length).toBeGreaterThan(4);
    }
  });

  test('a screen reader is told what a control is for, what a bar measures and what is unknown, and that a switch was turned off', async () => {
    const { page } = await usePage(browser(), { pool: POOL });
    await seen(row(page, 'never'));
    const names = (await told(page)).map(({ role, name }) => `${role} ${name}`);
    expect(names).toEqual(
      expect.arrayContaining([
        'switch work enabled',
        'button Last probe error of tight',
        'button Probe all',
        'button Re-auth home',
        'meter work, 5 h window',
        'image never, 5 h window: unknown',
      ]),
    );
    await enabledSwitch(page, 'home').focus();
    await page.keyboard.press('Space');
    await eventually(() => stateOf(enabledSwitch(page, 'home'))).toBe('off');
    await seen(page.getByRole('switch', { name: /^home/, checked: false }));
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('switch');
  });

  for (const [name, viewport] of [
    ['a phone', { width: 360, height: 740 }],
    ['200 % zoom', { width: 720, height: 450 }],
    ['a 4k screen', { width: 3840, height: 2160 }],
  ] as const) {
    test(`on ${name} nothing is cut off sideways`, async () => {
      const { page, dashboard } = await usePage(browser(), { pool: { ...POOL, [LONG]: {} } }, { viewport });
      for (const place of SCREENS) {
        await page.goto(dashboard.url + place);
        await seen(page.locator('main :is(h1, h2)').first());
        const beyond = await page.evaluate(() => [
          document.documentElement.scrollWidth - innerWidth,
          ...[...document.querySelectorAll('a, button, input, select')]
            .filter((control) => control.getBoundingClientRect().right > innerWidth)
            .map((control) => control.outerHTML),
        ]);
        expect({ place, beyond }).toEqual({ place, beyond: [0] });
      }
    });
  }

  test('the theme follows the system until it is chosen, and the choice stays', async () => {
    const { page } = await usePage(browser(), { pool: POOL }, { colorScheme: 'dark' });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await seen(row(page, 'work'));
    const dark = await background();
    await page.getByRole('button', { name: /^Theme: system/ }).click();
    await eventually(background).not.toBe(dark);
    await page.reload();
    await seen(page.getByRole('button', { name: /^Theme: light/ }));
    expect(await background()).not.toBe(dark);
  });

  test('who wants less motion gets no turning wheels', async () => {
    const { page } = await usePage(browser(), { pool: POOL }, { reducedMotion: 'reduce' });
    await (await seen(page.getByRole('button', { name: 'Re-auth home' }))).click();
    const wheel = await seen(page.locator('.login .spinner'));
    expect(await wheel.evaluate((element) => getComputedStyle(element).animationName)).toBe('none');
  });
});

describe('speed', () => {
  test('the first script weighs at most 60 kB compressed; charts and antigravity come later', async () => {
    const assets = new URL('../../dist/ui/assets/', import.meta.url);
    const html = await readFile(new URL('../index.html', assets), 'utf8');
    const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'));
    const first = scripts.filter((name) => html.includes(name));
    const bytes = await Promise.all(first.map(async (name) => gzipSync(await readFile(new URL(name, assets))).length));
    expect(first.length).toBeGreaterThan(0);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60 * KB);
    expect(scripts.filter((name) => /chart|antigravity/.test(name) && html.includes(name))).toEqual([]);
  });

  test('200 accounts are all shown and found, and a change of one draws no other', async () => {
    const { page } = await usePage(browser(), { pool: manyAccounts(200) });
    await eventually(() => page.locator('.account').count()).toBe(200);
    await page.getByLabel('Find an account').fill('seat-17');
    await eventually(() => page.locator('.account').count()).toBe(11);
    await page.getByLabel('Find an account').fill('');
    await eventually(() => page.locator('.account').count()).toBe(200);
    await page.evaluate(() => {
      const drawn = new Set<string>();
      Object.assign(window, { drawn });
      new MutationObserver((changes) => {
        for (const { target } of changes) {
          const account = target instanceof Element ? target.closest('.account') : null;
          if (account !== null) drawn.add(account.getAttribute('data-alias') ?? '');
        }
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    await enabledSwitch(page, 'seat-2').click();
    await eventually(() => stateOf(enabledSwitch(page, 'seat-2'))).toBe('off');
    await eventually(() => page.locator('.tile').first().innerText()).toContain('1 disabled');
    const drawn = await page.evaluate(() => [...(window as unknown as { drawn: Set<string> }).drawn]);
    expect(drawn).toEqual(['seat-2']);
  });
});

/** Numbers what Tab must stop at, in the order of the document, once nothing more arrives; of a group of radio buttons that is the chosen one. */
async function markControls(page: Page): Promise<readonly string[]> {
  const mark = () =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary, [tabindex]')]
        .filter((one) => one.tabIndex >= 0 && !one.matches(':disabled'))
        .filter((one) => one.checkVisibility({ visibilityProperty: true }))
        .filter((one) => !(one instanceof HTMLInputElement && one.type === 'radio' && !one.checked))
        .map((one, at) => (one.dataset['stop'] = String(at))),
    );
  const seenBefore: number[] = [];
  await eventually(async () => {
    seenBefore.push((await mark()).length);
    return seenBefore.length > QUIET_LOOKS && new Set(seenBefore.slice(-QUIET_LOOKS)).size === 1;
  }).toBe(true);
  return mark();
}
