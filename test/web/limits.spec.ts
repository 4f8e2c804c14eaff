import { expect, test } from 'vitest';

import { eventually, row, seen, useBrowser, usePage } from './support/eyes.ts';
import { MINUTE_MS } from './support/pool.ts';

const browser = useBrowser();

test('[C.L5.1] an account without data shows "unknown", never 0 %', async () => {
  const { page } = await usePage(browser(), { pool: { fresh: { fiveHour: 100, weekly: 50 }, never: {} } });
  const never = await seen(row(page, 'never'));
  expect(await never.locator('.limit-words').allInnerTexts()).toEqual([
    expect.stringContaining('unknown'),
    expect.stringContaining('unknown'),
  ]);
  expect(await never.innerText()).not.toMatch(/\d\s?%/);
  expect(await never.getByRole('meter').count()).toBe(0);
  expect(await never.getByRole('img', { name: 'never, 5 h window: unknown' }).count()).toBe(1);
  expect(await row(page, 'fresh').locator('.limit').first().innerText()).toMatch(/0 %/);
});

test('[C.L5.1] a figure past its reset is unknown, greyed, and still says what it was', async () => {
  const { page } = await usePage(browser(), {
    pool: { old: { fiveHour: 62, weekly: 20, probedMinutesAgo: 90 } },
    state: (state, now) => ({
      ...state,
      accounts: state.accounts.map((account) => ({
        ...account,
        limits: {
          ...account.limits,
          windows: account.limits.windows.map((window) => ({ ...window, resetsAt: now - 1_000 })),
        },
      })),
    }),
  });
  const limit = (await seen(row(page, 'old'))).locator('.limit').first();
  expect(await limit.getAttribute('data-level')).toBe('unknown');
  expect(await limit.innerText()).toMatch(/unknown\s*was 38 %/);
});

test('[C.L5.2] stale, fresh and unknown figures differ in badge, colour and words', async () => {
  const { page } = await usePage(browser(), {
    pool: {
      new: { fiveHour: 5, weekly: 5, probedMinutesAgo: 1 },
      old: { fiveHour: 5, weekly: 5, probedMinutesAgo: 20 },
      none: {},
    },
  });
  await seen(row(page, 'old'));
  const badge = (alias: string) => row(page, alias).locator('.confidence .badge');
  expect(await badge('new').innerText()).toBe('fresh');
  expect(await badge('old').innerText()).toBe('stale');
  expect(await badge('none').innerText()).toBe('unknown');
  const colours = await Promise.all(
    ['new', 'old', 'none'].map((alias) => badge(alias).evaluate((element) => getComputedStyle(element).color)),
  );
  expect(new Set(colours).size).toBe(3);
  expect(await row(page, 'old').locator('.confidence-from').innerText()).toBe('20 min ago · app server');
});

test('[C.L5.2] what the badge means and the exact times behind it are told by pointer, keyboard and touch, by one stop in each row', async () => {
  const { page, dashboard } = await usePage(
    browser(),
    { pool: { work: { fiveHour: 5, weekly: 5, probedMinutesAgo: 20 }, none: {} } },
    { hasTouch: true },
  );
  const account = await seen(row(page, 'work'));
  const badge = account.getByRole('button', { name: 'stale: limits of work' });
  const tooltip = account.locator('.confidence').getByRole('tooltip');
  const { accounts } = await dashboard.api<{
    accounts: { alias: string; lastLimitProbeAt: string; windows: { resetsAt: string }[] }[];
  }>('GET', '/api/accounts');
  const { lastLimitProbeAt = '', windows = [] } = accounts.find(({ alias }) => alias === 'work') ?? {};
  const clocks = await page.evaluate(
    (times) =>
      times.map((time) => new Date(time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })),
    [lastLimitProbeAt, ...windows.map(({ resetsAt }) => resetsAt)],
  );
  const told = [
    /^Probed more than five minutes ago; may have moved since\.$/,
    new RegExp(`^Last completed probe: .*${clocks[0]} by app server\\. Asks the codex program; no model call\\.$`),
    new RegExp(`^5 h window resets: .*${clocks[1]}$`),
    new RegExp(`^Week window resets: \\w+,? \\d+ \\w+ ${clocks[2]}$`),
  ].map((line) => expect.stringMatching(line) as unknown);

  await account.getByRole('link', { name: 'work' }).focus();
  await page.keyboard.press('Tab');
  expect(await badge.evaluate((element) => element === document.activeElement)).toBe(true);
  expect((await (await seen(tooltip)).innerText()).split('\n')).toEqual(told);
  await page.keyboard.press('Tab');
  await tooltip.waitFor({ state: 'hidden' });
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Probe work now');

  await badge.hover();
  await seen(tooltip);
  await page.mouse.move(0, 0);
  await tooltip.waitFor({ state: 'hidden' });
  const never = row(page, 'none');
  await never.getByRole('button', { name: 'unknown: limits of none' }).tap();
  expect(await (await seen(never.getByRole('tooltip'))).innerText()).toBe('No completed probe in the last hour.');
});

test('a dry pool says who is back first; each row waits for the last of what blocks it; and nothing is forecast', async () => {
  const cooldown = {
    status: 'cooldown',
    until: Date.now() + 15 * MINUTE_MS,
    reason: 'rate-limited',
    cooldownMs: 15 * MINUTE_MS,
  } as const;
  const health = { ...cooldown, successes: 0 };
  const { page } = await usePage(browser(), {
    pool: {
      work: { fiveHour: 100, weekly: 60, change: { health } },
      home: { fiveHour: 50, weekly: 60, change: { health } },
    },
  });
  const glance = page.getByRole('region', { name: 'At a glance' });
  await eventually(() => glance.innerText()).toMatch(/Nobody can serve\s+2 enabled, first one back in 14 min/);
  expect(await glance.innerText()).toMatch(/Not enough data\s+a forecast needs four probes over twenty minutes/);
  expect(await row(page, 'work').locator('.account-state').innerText()).toMatch(/limit reached\s+back in 2 h/);
  expect(await row(page, 'home').locator('.account-state').innerText()).toMatch(/cooling down\s+back in 14 min/);
});

test('an age follows a new instant at once, though the clock of the page stands still', async () => {
  const { page } = await usePage(browser(), {
    pool: { work: { fiveHour: 5, weekly: 5, probedMinutesAgo: 20 } },
    settings: { probeSources: ['usage-endpoint'] },
  });
  await page.clock.setFixedTime(Date.now());
  await page.reload();
  const from = row(page, 'work').locator('.confidence-from');
  await eventually(() => from.innerText()).toBe('20 min ago · app server');
  await page.getByRole('button', { name: 'Probe work now' }).click();
  await eventually(() => from.innerText()).toBe('just now · usage page');
});

test('[C.L5.3] a failed probe shows an error icon whose tooltip opens by pointer, by keyboard and by touch', async () => {
  const words = 'The codex session ended before it was complete.';
  const { page } = await usePage(
    browser(),
    { pool: { work: { fiveHour: 40, weekly: 10, probedMinutesAgo: 10, error: words } } },
    { hasTouch: true, viewport: { width: 390, height: 844 } },
  );
  const account = await seen(row(page, 'work'));
  const icon = account.getByRole('button', { name: 'Last probe error of work' });
  const tooltip = account.getByRole('tooltip');
  expect(await account.locator('.confidence .badge').innerText()).toBe('error');
  expect(await tooltip.isVisible()).toBe(false);
  await icon.hover();
  await seen(tooltip);
  expect(await tooltip.innerText()).toBe(words);
  await page.mouse.move(0, 0);
  await tooltip.waitFor({ state: 'hidden' });
  await icon.focus();
  await seen(tooltip);
  await page.keyboard.press('Escape');
  await tooltip.waitFor({ state: 'hidden' });
  await icon.tap();
  await seen(tooltip);
  const isWhole = await tooltip.evaluate((element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const corners = [left + 4, right - 4].map((x) => document.elementFromPoint(x, (top + bottom) / 2));
    return left >= 0 && right <= innerWidth && corners.every((corner) => corner === element);
  });
  expect(isWhole).toBe(true);
  const describedBy = await icon.getAttribute('aria-describedby');
  expect(await tooltip.getAttribute('id')).toBe(describedBy);
});

test('[C.L5.3] a probe that fails for real shows the icon with its reason, and the figures stay as they were', async () => {
  const { page } = await usePage(browser(), {
    pool: { work: { fiveHour: 40, weekly: 10, probedMinutesAgo: 4 } },
    settings: { probeSources: ['usage-endpoint'] },
    simulator: false,
  });
  await (await seen(page.getByRole('button', { name: 'Probe work now' }))).click();
  const icon = await seen(row(page, 'work').getByRole('button', { name: 'Last probe error of work' }));
  expect(await row(page, 'work').locator('.confidence .badge').innerText()).toBe('error');
  expect(await row(page, 'work').locator('.limit strong').allInnerTexts()).toEqual(['60 %', '90 %']);
  await icon.focus();
  expect((await row(page, 'work').getByRole('tooltip').innerText()).length).toBeGreaterThan(20);
});

test('[C.L5.4] the percentages are those of the supervisor, window by window', async () => {
  const { page, dashboard } = await usePage(browser(), {
    pool: { work: { fiveHour: 12, weekly: 34 }, home: { weekly: 71 } },
  });
  await seen(row(page, 'work'));
  const { accounts } = await dashboard.api<{ accounts: { alias: string; windows: { remainingPercent: number }[] }[] }>(
    'GET',
    '/api/accounts',
  );
  for (const { alias, windows } of accounts) {
    const shown = await row(page, alias)
      .getByRole('meter')
      .evaluateAll((meters) => meters.map((meter) => Number(meter.getAttribute('aria-valuenow'))));
    expect(shown).toEqual(windows.map(({ remainingPercent }) => remainingPercent));
  }
  expect(await row(page, 'work').locator('.limit strong').allInnerTexts()).toEqual(['88 %', '66 %']);
  expect(await row(page, 'work').getByRole('meter').first().getAttribute('aria-valuetext')).toMatch(
    /^88 % left, resets in 2 h/,
  );
});

test('a probe that the simulated provider answers brings figures, and its progress is seen on the way', async () => {
  const { page, dashboard } = await usePage(browser(), {
    pool: { work: {} },
    settings: { probeSources: ['usage-endpoint'] },
  });
  await (await seen(page.getByRole('button', { name: 'Probe work now' }))).click();
  await seen(row(page, 'work').getByRole('meter').first());
  expect(await row(page, 'work').locator('.confidence .badge').innerText()).toBe('fresh');
  expect(await row(page, 'work').locator('.limit strong').first().innerText()).toBe('88 %');
  expect(dashboard.simulator?.control.requests({ endpoint: 'usage' }).length).toBeGreaterThan(0);
});

test('an account shows its history as a chart with a table, and a forecast that is marked as an estimate', async () => {
  const { page } = await usePage(browser(), {
    pool: { work: { fiveHour: 72, weekly: 40, burnPerHour: 20 }, quiet: { fiveHour: 10, weekly: 5 } },
  });
  await eventually(() => page.getByRole('region', { name: 'At a glance' }).innerText()).toMatch(
    /Runs dry first \(estimate\)\s+work in 1 h \d+ min\s+5 h window, at 20\.0 % an hour: between \d\d:\d\d and \d\d:\d\d/,
  );
  await (await seen(page.getByRole('link', { name: 'work', exact: true }).last())).click();
  const chart = await seen(page.locator('.chart').first());
  expect(await chart.locator('canvas').count()).toBe(1);
  expect(await chart.locator('figcaption').innerText()).toMatch(
    /^5 h window: \d+ % left at .*, 28 % left at .*, 12 probes$/,
  );
  await chart.locator('summary').click();
  expect(await chart.locator('tbody tr').count()).toBe(12);
  expect(await page.locator('.runway').first().innerText()).toMatch(
    /^Estimate:\s+at \d+\.\d % an hour dry at .* \(between .* and .*\)\.$/,
  );
  await page.goto(new URL('/#/account/quiet', page.url()).href);
  expect(await (await seen(page.locator('.runway').first())).innerText()).toContain('not enough data');
});

test('a chart says the figure under the pointer and under the arrow keys, as its table does, in the colours of the theme', async () => {
  const { page } = await usePage(
    browser(),
    { pool: { work: { fiveHour: 72, weekly: 40, burnPerHour: 20 } } },
    { colorScheme: 'dark', reducedMotion: 'reduce' },
  );
  await (await seen(page.getByRole('link', { name: 'work', exact: true }).last())).click();
  const figure = await seen(page.locator('.chart').first());
  const chart = figure.getByRole('slider', { name: 'work, 5 h window: history' });
  const reading = figure.locator('.chart-reading');
  await figure.locator('summary').click();
  const [newest = '', before = ''] = await figure
    .locator('tbody tr')
    .evaluateAll((rows) =>
      rows.slice(0, 2).map((row) => `${row.children[1]?.textContent} left at ${row.children[0]?.textContent}`),
    );
  expect(await reading.count()).toBe(0);

  await figure.locator('summary').focus();
  await page.keyboard.press('Shift+Tab');
  await eventually(() => reading.innerText()).toBe(newest);
  expect(await chart.getAttribute('aria-valuetext')).toBe(newest);
  await page.keyboard.press('ArrowLeft');
  await eventually(() => reading.innerText()).toBe(before);
  await page.keyboard.press('End');
  await eventually(() => reading.innerText()).toMatch(/^estimate: \S+ % left at .*/);
  await page.keyboard.press('Home');
  await eventually(() => reading.innerText()).toMatch(/^\d+ % left at /);
  const isWithin = await reading.evaluate((element) => {
    const { left, right } = element.getBoundingClientRect();
    return left >= 0 && right <= innerWidth;
  });
  expect(isWithin).toBe(true);
  const style = await reading.evaluate((element) => {
    const { color, backgroundColor, transitionDuration, animationName } = getComputedStyle(element);
    return [color, backgroundColor, transitionDuration, animationName];
  });
  expect(style).toEqual(['rgb(22, 24, 29)', 'rgb(231, 233, 238)', '0s', 'none']);
  await page.keyboard.press('Escape');
  await eventually(() => reading.count()).toBe(0);

  const box = await chart.boundingBox();
  await chart.hover({ position: { x: (box?.width ?? 0) / 3, y: 60 } });
  await eventually(() => reading.innerText()).toMatch(/^\d+ % left at /);
  await page.mouse.move(0, 0);
  await eventually(() => reading.count()).toBe(0);
});
