import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';

import { PATIENCE } from '../support/patience.ts';
import {
  enabledSwitch,
  eventually,
  forceControl,
  row,
  seen,
  sentBy,
  stateOf,
  unwritableStore,
  useBrowser,
  usePage,
} from './support/eyes.ts';

const browser = useBrowser();
const HOUR_MS = 3_600_000;
/** Long enough for a busy machine to show the page before the force is over. */
const EXPIRES_MS = 15_000;
const POOL = { work: { fiveHour: 12, weekly: 34 }, home: { fiveHour: 41, weekly: 8 } };

function forced(alias: string, leftMs: number) {
  return {
    pool: POOL,
    state: <S extends object>(state: S, now: number): S => ({
      ...state,
      force: {
        forcedAlias: alias,
        forcedUntil: now + leftMs,
        previousRotationStrategy: 'round-robin' as const,
        forcedBy: 'cli',
      },
      forceAnchors: new Map([[alias, now + leftMs - 24 * HOUR_MS]]),
    }),
  };
}

async function pin(page: Page, alias: string): Promise<void> {
  await (await seen(page.getByLabel('Account to force'))).selectOption(alias);
  await page.getByRole('button', { name: 'Pin for 24 h', exact: true }).click();
}

test('[E.L4.1] force neither looks nor behaves like an Enabled switch', async () => {
  const { page } = await usePage(browser(), { pool: POOL });
  const force = await seen(forceControl(page));
  expect(await force.getByRole('switch').count()).toBe(0);
  const shape = (element: Element): string =>
    `${element.tagName} ${element.className} ${getComputedStyle(element).borderStyle}`;
  expect(await force.evaluate(shape)).not.toBe(await enabledSwitch(page, 'work').evaluate(shape));
  await pin(page, 'home');
  await eventually(() => stateOf(force)).toBe('on');
  expect(await stateOf(enabledSwitch(page, 'work'))).toBe('on');
  expect(await stateOf(enabledSwitch(page, 'home'))).toBe('on');
  await enabledSwitch(page, 'work').click();
  await eventually(() => stateOf(enabledSwitch(page, 'work'))).toBe('off');
  expect(await stateOf(force)).toBe('on');
});

test('[E.L4.2] without a force the control is off', async () => {
  const { page } = await usePage(browser(), { pool: POOL });
  const force = await seen(forceControl(page));
  expect(await stateOf(force)).toBe('off');
  expect(await force.innerText()).toContain('Force is off');
  expect(await force.getAttribute('aria-label')).toBe('Force, nothing pinned');
});

test('[E.L4.3] [E.L4.6] [E.L4.7] an active force shows on, its alias and what is left, also after a reload', async () => {
  const { page } = await usePage(browser(), forced('home', 5 * HOUR_MS + 30 * 60_000));
  const force = forceControl(page);
  await eventually(() => stateOf(force)).toBe('on');
  expect(await force.locator('.force-alias').innerText()).toBe('home');
  expect(await force.locator('.force-ttl').innerText()).toMatch(/^5 h (29|30) min$/);
  expect(await row(page, 'home').getByRole('button', { name: 'Release home' }).count()).toBe(1);
  await page.reload();
  await eventually(() => stateOf(forceControl(page))).toBe('on');
});

test('[E.L4.4] pinning and releasing show updating while a slow backend works', async () => {
  const { page, dashboard } = await usePage(browser(), { pool: POOL });
  const [pinned, released] = [sentBy(page, 'POST', /\/api\/force$/), sentBy(page, 'POST', /\/api\/force\/clear$/)];
  const force = forceControl(page);
  await seen(row(page, 'work'));
  dashboard.freeze();
  await pin(page, 'work');
  await eventually(() => stateOf(force)).toBe('updating');
  expect(await force.getAttribute('aria-busy')).toBe('true');
  dashboard.thaw();
  await eventually(() => stateOf(force)).toBe('on');
  dashboard.freeze();
  await force.getByRole('button', { name: 'Release' }).click();
  await eventually(() => stateOf(force)).toBe('updating');
  dashboard.thaw();
  await eventually(() => stateOf(force)).toBe('off');
  expect([pinned(), released()]).toEqual([1, 1]);
});

test('a pin asked for in a row is shown as under way there, and its failure told there', async () => {
  const until = Date.now() + HOUR_MS;
  const health = { status: 'cooldown', until, reason: 'rate-limited', cooldownMs: HOUR_MS, successes: 0 } as const;
  const { page, dashboard } = await usePage(browser(), { pool: { ...POOL, tired: { change: { health } } } });
  const button = row(page, 'tired').getByRole('button', { name: 'Pin tired for 24 hours' });
  await seen(button);
  dashboard.freeze();
  await button.click();
  await eventually(() => button.getAttribute('aria-busy')).toBe('true');
  expect(
    await row(page, 'home')
      .getByRole('button', { name: /^Pin home/ })
      .getAttribute('aria-busy'),
  ).toBe('false');
  expect(await forceControl(page).innerText()).toContain('Pinning tired…');
  dashboard.thaw();
  expect(await (await seen(row(page, 'tired').getByRole('alert'))).innerText()).toContain('ACCOUNT_INELIGIBLE');
  expect(await stateOf(forceControl(page))).toBe('error');
  expect(await forceControl(page).getByRole('alert').count()).toBe(0);
});

test('[E.L4.5] an account that cannot serve cannot be pinned: error with the reason', async () => {
  const health = {
    status: 'cooldown' as const,
    until: Date.now() + HOUR_MS,
    reason: 'rate-limited' as const,
    cooldownMs: HOUR_MS,
    successes: 0,
  };
  const { page } = await usePage(browser(), { pool: { ...POOL, tired: { change: { health } } } });
  await pin(page, 'tired');
  await eventually(() => stateOf(forceControl(page))).toBe('error');
  expect(await forceControl(page).getByRole('alert').innerText()).toContain('ACCOUNT_INELIGIBLE');
  await pin(page, 'home');
  await eventually(() => stateOf(forceControl(page))).toBe('on');
});

test('[E.L4.5] a release that fails shows error and the pin is still shown', async () => {
  const { page, dashboard } = await usePage(browser(), forced('home', HOUR_MS));
  const release = await seen(forceControl(page).getByRole('button', { name: 'Release' }));
  await unwritableStore(dashboard);
  await release.click();
  await eventually(() => stateOf(forceControl(page))).toBe('error');
  expect(await forceControl(page).locator('.force-alias').innerText()).toBe('home');
});

test('[E.L4.8] a force that expires goes off by itself, with a word of why', async () => {
  const { page } = await usePage(browser(), forced('home', EXPIRES_MS));
  const force = forceControl(page);
  await eventually(() => stateOf(force)).toBe('on');
  await expect.poll(() => stateOf(force), PATIENCE).toBe('off');
  await eventually(() => page.locator('.notice').allInnerTexts()).toContainEqual(
    expect.stringContaining('its 24 hours are over'),
  );
});

test('disabling the pinned account releases it, and the page says so', async () => {
  const { page } = await usePage(browser(), forced('home', HOUR_MS));
  await (await seen(enabledSwitch(page, 'home'))).click();
  await eventually(() => stateOf(forceControl(page))).toBe('off');
  await seen(page.getByText('home is no longer pinned: the account was disabled.'));
});
