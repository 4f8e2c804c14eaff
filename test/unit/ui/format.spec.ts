import { expect, test } from 'vitest';

import { percent, windowName } from '../../../ui/format.ts';
import { accountHref, accountKey, parseRoute } from '../../../ui/route.ts';

test('a little is never shown as nothing', () => {
  expect([percent(0), percent(0.4), percent(61.5), percent(100)]).toEqual(['0 %', '<1 %', '62 %', '100 %']);
});

test('a window is named by its length', () => {
  expect([windowName(300), windowName(10_080), windowName(43_200), windowName(90)]).toEqual([
    '5 h',
    'Week',
    'Month',
    '1 h 30 min',
  ]);
});

test('an account’s address leads to it, whatever its alias', () => {
  expect(parseRoute(accountHref('a/b c%'))).toEqual({ screen: 'account', key: 'a/b c%' });
  expect([parseRoute(''), parseRoute('#/settings'), parseRoute('#/nonsense'), parseRoute('#/account/%')]).toEqual([
    { screen: 'overview' },
    { screen: 'settings' },
    { screen: 'overview' },
    { screen: 'account', key: '%' },
  ]);
});

test('an alias that is an e-mail has a name of its own in the address bar, also when it was typed there', () => {
  const href = accountHref('eve@example.test');
  expect(href).toMatch(/^#\/account\/~[0-9a-f]{8}$/);
  expect(href).not.toBe(accountHref('ewe@example.test'));
  expect(parseRoute(href)).toEqual({ screen: 'account', key: accountKey('eve@example.test') });
  expect(parseRoute('#/account/eve%40example.test')).toEqual(parseRoute(href));
});
