import { expect, test } from 'vitest';

import { ENV, ENV_PREFIX } from '../../../contract/env.ts';
import { variableOf } from '../../../ui/words.ts';

test.each([
  'rotationStrategy',
  'criticalThreshold',
  'lowThreshold',
  'sessionAffinity',
  'antigravityEnabled',
  'probeEffort',
  'probeModels',
])('the variable that can hold %s is one of the table of variables', (setting) => {
  const variable = variableOf(setting);
  expect(variable.startsWith(ENV_PREFIX)).toBe(true);
  expect(Object.keys(ENV)).toContain(variable.slice(ENV_PREFIX.length));
});
