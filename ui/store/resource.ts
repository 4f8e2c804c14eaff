import { type ReadonlySignal, signal } from '@preact/signals';

import { type ApiError, asApiError } from '../api.ts';

/** A view of the supervisor that is read again whenever it may have changed. */
export interface Resource<T> {
  readonly value: ReadonlySignal<T | null>;
  readonly error: ReadonlySignal<ApiError | null>;
  /** Reads it again. Shape: calls during a read share one further read. */
  readonly refresh: () => Promise<void>;
  /** Takes over an answer that brought the view along. */
  readonly accept: (value: T) => void;
}

/** Creates a resource that was not read yet. */
export function createResource<T>(load: () => Promise<T>): Resource<T> {
  const value = signal<T | null>(null);
  const error = signal<ApiError | null>(null);
  const state: { running: Promise<void> | null; next: Promise<void> | null; version: number } = {
    running: null,
    next: null,
    version: 0,
  };

  const read = async (): Promise<void> => {
    const version = state.version;
    try {
      const answer = await load();
      // An answer that set out before a change was accepted is older than what is shown.
      if (state.version === version) value.value = answer;
      error.value = null;
    } catch (cause) {
      error.value = asApiError(cause);
    }
  };
  const start = (): Promise<void> => {
    state.running = read().finally(() => {
      state.running = null;
    });
    return state.running;
  };

  return {
    value,
    error,
    refresh: () => {
      if (state.running === null) return start();
      state.next ??= state.running.then(() => {
        state.next = null;
        return start();
      });
      return state.next;
    },
    accept: (next) => {
      state.version += 1;
      value.value = next;
    },
  };
}
