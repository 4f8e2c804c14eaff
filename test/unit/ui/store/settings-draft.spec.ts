import { expect, test } from 'vitest';

import { DEFAULT_SETTINGS, settingsSchema } from '../../../../contract/settings.ts';
import { type Draft, draftChange, draftOf, draftProblems } from '../../../../ui/store/settings-draft.ts';

const ALIASES = ['work', 'home'];
const draft = (change: Partial<Draft> = {}): Draft => ({ ...draftOf(DEFAULT_SETTINGS, ALIASES), ...change });

test('the defaults are without problems and without changes', () => {
  expect(draftProblems(draft())).toEqual({});
  expect(draftChange(draft(), DEFAULT_SETTINGS, ALIASES)).toEqual({});
});

test('only what differs is sent', () => {
  const change = draft({
    criticalThreshold: '12',
    accountWeights: { work: '0.5', home: '1' },
    probeModels: ' gpt-5.5 , gpt-5.4 ',
  });
  expect(draftChange(change, DEFAULT_SETTINGS, ALIASES)).toEqual({
    criticalThreshold: 12,
    accountWeights: { work: 0.5 },
    probeModels: ['gpt-5.5', 'gpt-5.4'],
  });
});

test('critical must be below low', () => {
  expect(draftProblems(draft({ criticalThreshold: '30' }))).toEqual({
    criticalThreshold: 'Must be below the low threshold (30).',
  });
});

const { shape } = settingsSchema;
test.each([
  ['lowThreshold', shape.lowThreshold, ['-1', '0', '50', '100', '100.1', 'x', '']],
  ['probeIntervalMinutes', shape.probeIntervalMinutes, ['0', '1', '1.5', '1440', '1441', '']],
] as const)('the form judges %s as the contract does', (name, schema, values) => {
  for (const value of values) {
    const isTaken = value !== '' && schema.safeParse(Number(value)).success;
    expect([value, draftProblems(draft({ criticalThreshold: '-0', [name]: value }))[name] === undefined]).toEqual([
      value,
      isTaken,
    ]);
  }
});

test('the form judges weights and efforts as the contract does', () => {
  for (const weight of ['0', '0.009', '0.01', '1', '1.01', '-1', '']) {
    const isTaken = weight !== '' && shape.accountWeights.safeParse({ work: Number(weight) }).success;
    expect([weight, draftProblems(draft({ accountWeights: { work: weight } }))['weight:work'] === undefined]).toEqual([
      weight,
      isTaken,
    ]);
  }
  for (const probeEffort of ['low', 'Low', '', 'very low']) {
    expect([probeEffort, draftProblems(draft({ probeEffort }))['probeEffort'] === undefined]).toEqual([
      probeEffort,
      shape.probeEffort.safeParse(probeEffort).success,
    ]);
  }
});

test('an address that is not loopback is refused before it is sent', () => {
  expect(Object.keys(draftProblems(draft({ dashboardHost: '0.0.0.0' })))).toEqual(['dashboardHost']);
  expect(draftProblems(draft({ dashboardHost: '::1' }))).toEqual({});
});
