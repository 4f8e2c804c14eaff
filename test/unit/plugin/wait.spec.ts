import { describe, expect, it } from 'vitest';

import { abortable, waitReal } from '../../../plugin/wait.ts';

const REASON = new Error('esc');

describe('waitReal', () => {
  it('rejects at once with the reason of a signal that is aborted already', async () => {
    await expect(waitReal(60_000, AbortSignal.abort(REASON))).rejects.toBe(REASON);
  });

  it('rejects with the reason as soon as the signal aborts', async () => {
    const controller = new AbortController();
    const waited = waitReal(60_000, controller.signal);
    controller.abort(REASON);
    await expect(waited).rejects.toBe(REASON);
  });

  it('ends by itself with or without a signal', async () => {
    await expect(waitReal(1, new AbortController().signal)).resolves.toBeUndefined();
    await expect(waitReal(1, null)).resolves.toBeUndefined();
  });
});

describe('abortable', () => {
  it('settles as the promise does', async () => {
    const { signal } = new AbortController();
    await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(abortable(Promise.reject(REASON), signal)).rejects.toBe(REASON);
    await expect(abortable(Promise.resolve(2), null)).resolves.toBe(2);
  });

  it('rejects when the signal aborts first, and leaves no rejection behind', async () => {
    const controller = new AbortController();
    const later = Promise.withResolvers<number>();
    const waited = abortable(later.promise, controller.signal);
    controller.abort(REASON);
    await expect(waited).rejects.toBe(REASON);
    later.reject(new Error('too late'));
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('does not even wait when the signal is aborted already', async () => {
    const failing = Promise.reject(new Error('unseen'));
    await expect(abortable(failing, AbortSignal.abort(REASON))).rejects.toBe(REASON);
  });
});
