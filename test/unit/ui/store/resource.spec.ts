import { expect, test } from 'vitest';

import { createResource } from '../../../../ui/store/resource.ts';

function controlled() {
  const waiting: PromiseWithResolvers<string>[] = [];
  const resource = createResource(() => {
    const next = Promise.withResolvers<string>();
    waiting.push(next);
    return next.promise;
  });
  return { resource, waiting };
}

test('calls during a read share one further read', async () => {
  const { resource, waiting } = controlled();
  const first = resource.refresh();
  const second = resource.refresh();
  expect(resource.refresh()).toBe(second);
  waiting[0]!.resolve('old');
  await first;
  await Promise.resolve();
  waiting[1]!.resolve('new');
  await second;
  expect([resource.value.value, waiting.length]).toEqual(['new', 2]);
});

test('an answer that set out before a change does not undo it', async () => {
  const { resource, waiting } = controlled();
  const reading = resource.refresh();
  resource.accept('changed');
  waiting[0]!.resolve('stale');
  await reading;
  expect(resource.value.value).toBe('changed');
});

test('a failed read keeps what is shown', async () => {
  const { resource, waiting } = controlled();
  resource.accept('shown');
  const reading = resource.refresh();
  waiting[0]!.reject(new Error('away'));
  await reading;
  expect([resource.value.value, resource.error.value?.code]).toEqual(['shown', 'PAGE']);
});
