import { expect, test } from 'vitest';

import { ApiError } from '../../../ui/api.ts';
import { controlState, createMutation, createMutations } from '../../../ui/mutation.ts';

test('a change goes from idle over updating to idle', async () => {
  const gate = Promise.withResolvers<undefined>();
  const mutation = createMutation(() => gate.promise);
  const done = mutation.run(null);
  expect(mutation.phase.value).toBe('updating');
  gate.resolve(undefined);
  expect(await done).toBe(true);
  expect(mutation.phase.value).toBe('idle');
});

test('while one is under way a second is not sent', async () => {
  const gate = Promise.withResolvers<undefined>();
  const sent: string[] = [];
  const mutation = createMutation((name: string) => (sent.push(name), gate.promise));
  const first = mutation.run('first');
  expect(await mutation.run('second')).toBe(false);
  gate.resolve(undefined);
  await first;
  expect(sent).toEqual(['first']);
});

test('a failure is kept until it is dismissed or tried again', async () => {
  const refusal = new ApiError('STORE_UNWRITABLE', 'nothing was changed');
  const mutation = createMutation(() => Promise.reject(refusal));
  expect(await mutation.run(null)).toBe(false);
  expect([mutation.phase.value, mutation.error.value]).toEqual(['error', refusal]);
  mutation.dismiss();
  expect([mutation.phase.value, mutation.error.value]).toEqual(['idle', null]);
});

test('a mistake of the page itself becomes a failure that says so', async () => {
  const mutation = createMutation(() => Promise.reject(new TypeError('x is undefined')));
  await mutation.run(null);
  expect(mutation.error.value?.code).toBe('PAGE');
});

test('each key has its own change', () => {
  const of = createMutations(() => Promise.resolve());
  expect(of('a')).toBe(of('a'));
  expect(of('a')).not.toBe(of('b'));
});

test('a control shows its value when idle, and the phase otherwise', () => {
  expect([
    controlState(true, 'idle'),
    controlState(false, 'idle'),
    controlState(true, 'updating'),
    controlState(false, 'error'),
  ]).toEqual(['on', 'off', 'updating', 'error']);
});
