import { expect, test } from 'vitest';

import { changeFacts } from '../../../ui/change-facts.ts';

const NOW = Date.UTC(2026, 10, 23, 12);

test('only what differs between before and after is said, in words', () => {
  const before = { probeBackgroundSources: [], lowThreshold: 30 };
  const after = { probeBackgroundSources: [], lowThreshold: 30, criticalThreshold: 12, accountWeights: { home: 0.5 } };
  expect(changeFacts({ before, after }, NOW)).toEqual([
    'critical threshold: default → 12',
    'account weights: default → home 0.5',
  ]);
  expect(changeFacts({ before: after, after: { sessionAffinity: false } }, NOW)).toEqual([
    'probe background sources: none → default',
    'low threshold: 30 → default',
    'critical threshold: 12 → default',
    'account weights: home 0.5 → default',
    'session affinity: default → off',
  ]);
});

test('other details are said one by one, instants as a clock shows them, and nothing of what is absent', () => {
  const at = new Date(NOW).toISOString();
  const [enabled, until, ...more] = changeFacts({ enabled: true, until: at, reason: null }, NOW);
  expect(enabled).toBe('enabled: on');
  expect(until).toMatch(/^until: \d\d:00/);
  expect(more).toEqual([]);
});
