import { expect } from 'vitest';

import { checkInvariants } from '../../supervisor/store/invariants.ts';
import { migrate, type Migrated } from '../../supervisor/store/migrate.ts';
import { NOON } from './state.ts';

/** What the migration makes of a store of upstream; every rule of a sound state is held against it. */
export function migrated(raw: unknown, now = NOON): Migrated {
  const result = migrate(raw, now);
  if (result === null) throw new Error('it is no store of upstream');
  expect(checkInvariants(result.state)).toEqual([]);
  return result;
}
