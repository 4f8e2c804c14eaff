import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import * as z from 'zod';

import { accountV2, seatToken, storeV1, storeV2, upstreamEnvelope } from '../support/upstream-store.ts';
import type { Dashboard } from './support/dashboard.ts';
import { enabledSwitch, eventually, row, seen, stateOf, useBrowser, usePage } from './support/eyes.ts';

const browser = useBrowser();
const POOL = { work: { fiveHour: 12, weekly: 34 }, home: { fiveHour: 41, weekly: 8 } };
const DEVICE = { 'oma.login-method': 'device' };

function reauth(page: Page, alias: string) {
  return row(page, alias).getByRole('button', {
    name: new RegExp(`^(Re-auth|Signing in:|Signed in:|Re-auth failed:) ${alias}$`),
  });
}

async function preferDevice(page: Page): Promise<void> {
  await page.evaluate(
    (values) => Object.entries(values).forEach(([name, value]) => localStorage.setItem(name, value)),
    DEVICE,
  );
  await page.reload();
}

async function storedAccounts({ home }: Dashboard): Promise<string> {
  const stored: unknown = JSON.parse(await readFile(join(home, 'store', 'accounts.json'), 'utf8'));
  return JSON.stringify(z.object({ accounts: z.array(z.unknown()) }).parse(stored).accounts);
}

test('[D.L4.9] the re-auth button is idle at first', async () => {
  const { page } = await usePage(browser(), { pool: POOL });
  expect(await stateOf(await seen(reauth(page, 'home')))).toBe('idle');
  expect(await reauth(page, 'home').innerText()).toBe('Re-auth');
});

test('[D.L4.10] during a sign-in the button shows in-progress, with address, paste field and cancel; after cancel it is idle again', async () => {
  const { page, dashboard } = await usePage(browser(), { pool: POOL });
  await seen(reauth(page, 'home'));
  dashboard.freeze();
  await reauth(page, 'home').click();
  await eventually(() => stateOf(reauth(page, 'home'))).toBe('in-progress');
  expect(await reauth(page, 'home').getAttribute('aria-busy')).toBe('true');
  dashboard.thaw();
  const link = await seen(row(page, 'home').getByRole('link', { name: 'Open the sign-in page' }));
  expect(await link.getAttribute('href')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/oauth\/authorize\?/);
  expect(await link.getAttribute('rel')).toBe('noreferrer');
  await seen(page.getByLabel('If the last page does not load, paste its address here'));
  await page.reload();
  await eventually(() => stateOf(reauth(page, 'home'))).toBe('in-progress');
  await page.getByRole('button', { name: 'Cancel the sign-in of home' }).click();
  await eventually(() => stateOf(reauth(page, 'home'))).toBe('idle');
});

test('[D.L4.11] a finished sign-in shows success', async () => {
  const { page, dashboard } = await usePage(browser(), {
    pool: POOL,
    simulator: { settings: { deviceIntervalSeconds: 1 } },
  });
  await preferDevice(page);
  await (await seen(reauth(page, 'home'))).click();
  const code = await (await seen(row(page, 'home').locator('.login-code code'))).innerText();
  expect(dashboard.simulator?.control.approveDevice(code, 'home')).toBe(true);
  await eventually(() => stateOf(reauth(page, 'home'))).toBe('success');
  expect(await reauth(page, 'home').innerText()).toBe('Signed in');
});

test('[D.L4.12] somebody else signing in shows error with the reason, and nothing changes', async () => {
  const { page, dashboard } = await usePage(browser(), {
    pool: POOL,
    simulator: { settings: { deviceIntervalSeconds: 1 } },
  });
  await preferDevice(page);
  await (await seen(reauth(page, 'home'))).click();
  const code = await (await seen(row(page, 'home').locator('.login-code code'))).innerText();
  const before = await storedAccounts(dashboard);
  dashboard.simulator?.control.approveDevice(code, 'colleague');
  await eventually(() => stateOf(reauth(page, 'home'))).toBe('error');
  expect(await row(page, 'home').getByRole('alert').innerText()).toContain('IDENTITY_MISMATCH');
  expect(before).toContain('"refreshToken"');
  expect(await storedAccounts(dashboard)).toBe(before);
});

test('an account that needs a sign-in says so at a glance and in its row', async () => {
  const { page } = await usePage(browser(), {
    pool: {
      ...POOL,
      lost: {
        change: { auth: { state: 'needs-login', reason: 'the provider no longer accepts this login', since: 1 } },
      },
    },
  });
  await seen(row(page, 'lost'));
  expect(await row(page, 'lost').locator('.account-state').innerText()).toContain('needs sign-in');
  expect(await page.getByRole('region', { name: 'At a glance' }).innerText()).toContain('Sign in again');
});

test('a newcomer adds the first account by a code and lands on the overview', async () => {
  const { page, dashboard } = await usePage(browser(), { simulator: { settings: { deviceIntervalSeconds: 1 } } });
  await seen(page.getByRole('heading', { name: 'Welcome to oma' }));
  await page.getByRole('button', { name: 'Sign in' }).click();
  expect(await page.getByLabel('Name of the account').getAttribute('aria-invalid')).toBe('true');
  await page.getByLabel('Name of the account').fill('home');
  await page.getByRole('radio', { name: /A code/ }).check();
  await page.getByRole('button', { name: 'Sign in' }).click();
  const code = await (await seen(page.locator('.login-code code'))).innerText();
  dashboard.simulator?.control.approveDevice(code, 'home');
  await seen(row(page, 'home'));
});

test('an import that finds nothing says so at the form', async () => {
  const { page, dashboard } = await usePage(browser(), { pool: POOL });
  await page.goto(`${dashboard.url}/#/add`);
  await (await seen(page.getByRole('button', { name: 'Check first' }))).click();
  expect(await (await seen(page.getByRole('alert'))).innerText()).toContain('IMPORT_NOT_FOUND');
});

test('an import shows first what it would do, then does it: accounts of upstream, a login of codex, an encrypted file', async () => {
  const { page, dashboard } = await usePage(browser(), { pool: {} });
  const [store, codex, locked] = [
    join(dashboard.home, 'config', 'opencode-multi-auth', 'accounts.json'),
    join(dashboard.home, '.codex', 'auth.json'),
    join(dashboard.home, 'locked.json'),
  ];
  const tokens = { access_token: seatToken('mac'), refresh_token: 'rt_mac', id_token: seatToken('mac') };
  for (const [file, content] of [
    [store, storeV1()],
    [codex, { tokens: { ...tokens, account_id: 'ws-mac' }, last_refresh: '2026-11-23T09:00:00.000Z' }],
    [locked, upstreamEnvelope(storeV2({ far: accountV2('far') }, { activeAlias: 'far' }), 'open sesame')],
  ] as const) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(content));
  }
  const listed = async () =>
    (await dashboard.api<{ accounts: { alias: string }[] }>('GET', '/api/accounts')).accounts.map(({ alias }) => alias);
  const [check, take] = ['Check first', 'Import'].map((name) => page.getByRole('button', { name, exact: true }));
  const result = page.locator('form [role="status"] li');

  await page.goto(`${dashboard.url}/#/add`);
  expect(await (await seen(page.getByRole('radio', { name: /^This machine/ }))).isChecked()).toBe(true);
  await check?.click();
  await eventually(() => result.allInnerTexts()).toEqual([
    expect.stringMatching(/^mac\S* would be imported$/),
    'work would be imported',
    'home would be imported',
  ]);
  await page.getByRole('radio', { name: /^opencode-multi-auth-codex/ }).check();
  await check?.click();
  await eventually(() => result.allInnerTexts()).toEqual(['work would be imported', 'home would be imported']);
  expect(await listed()).toEqual([]);
  await take?.click();
  await eventually(() => result.allInnerTexts()).toEqual(['work was imported', 'home was imported']);
  expect(await page.locator('form [role="status"]').innerText()).toContain('Take it out of OpenCode');

  await page.getByRole('radio', { name: /^codex/ }).check();
  await check?.click();
  await eventually(() => result.allInnerTexts()).toEqual([expect.stringMatching(/^mac\S* would be imported$/)]);
  await take?.click();
  await eventually(() => result.allInnerTexts()).toEqual([expect.stringMatching(/^mac\S* was imported$/)]);
  await take?.click();
  await eventually(() => result.allInnerTexts()).toEqual([expect.stringContaining('left out')]);

  await page.getByRole('radio', { name: /^A file/ }).check();
  await page.getByLabel('Path of the file').fill(locked);
  await take?.click();
  const passphrase = await seen(page.getByLabel('Passphrase of the file'));
  expect(await passphrase.getAttribute('type')).toBe('password');
  await passphrase.fill('wrong');
  await take?.click();
  expect(await (await seen(page.getByRole('alert'))).innerText()).toContain('STORE_PASSPHRASE_WRONG');
  await passphrase.fill('open sesame');
  await take?.click();
  await eventually(() => result.allInnerTexts()).toEqual(['far was imported']);
  expect(await listed()).toEqual(['work', 'home', expect.stringMatching(/^mac/), 'far']);
  await page.goto(`${dashboard.url}/#/`);
  expect(await stateOf(await seen(enabledSwitch(page, 'work')))).toBe('on');
});

test('an account is added: a name that exists is refused at the form, and a sign-in that is cancelled leads back to it', async () => {
  const { page, dashboard } = await usePage(browser(), { pool: POOL });
  await page.goto(`${dashboard.url}/#/add`);
  const name = await seen(page.getByLabel('Name of the account'));
  const begin = page.getByRole('button', { name: 'Sign in', exact: true });
  await page.getByRole('radio', { name: /A code/ }).check();
  await name.fill('work');
  await begin.click();
  expect(await (await seen(page.getByRole('alert'))).innerText()).toContain('There is an account "work" already');
  await name.fill('third');
  await begin.click();
  await (await seen(page.getByRole('button', { name: 'Cancel the sign-in of third' }))).click();
  await seen(page.getByRole('radio', { name: /A code/ }));
  expect(await name.inputValue()).toBe('third');
  expect((await dashboard.api<{ accounts: unknown[] }>('GET', '/api/accounts')).accounts).toHaveLength(2);
});
