import { effect, type Signal, signal } from '@preact/signals';

import type { LoginMethod } from '../../contract/login.ts';

export type Theme = 'system' | 'light' | 'dark';

/** What this browser remembers; nothing of it concerns the supervisor. */
export interface Preferences {
  readonly theme: Signal<Theme>;
  /** Whether e-mail addresses are hidden. */
  readonly masked: Signal<boolean>;
  readonly loginMethod: Signal<LoginMethod>;
}

/** The part of localStorage that is used; it may refuse. */
export type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>;

const PREFIX = 'oma.';

/** Reads the preferences and keeps every change. */
export function createPreferences(storage: Storage | null): Preferences {
  return {
    theme: kept(storage, 'theme', ['system', 'light', 'dark']),
    masked: keptFlag(storage, 'masked'),
    loginMethod: kept(storage, 'login-method', ['browser', 'device', 'paste']),
  };
}

/** A value of a fixed set; the first is the default. */
function kept<T extends string>(storage: Storage | null, name: string, allowed: readonly [T, ...T[]]): Signal<T> {
  const stored = read(storage, name);
  const value = signal<T>(allowed.find((candidate) => candidate === stored) ?? allowed[0]);
  effect(() => {
    write(storage, name, value.value);
  });
  return value;
}

function keptFlag(storage: Storage | null, name: string): Signal<boolean> {
  const value = signal(read(storage, name) === 'yes');
  effect(() => {
    write(storage, name, value.value ? 'yes' : 'no');
  });
  return value;
}

function read(storage: Storage | null, name: string): string | null {
  try {
    return storage?.getItem(PREFIX + name) ?? null;
  } catch {
    return null;
  }
}

function write(storage: Storage | null, name: string, value: string): void {
  try {
    storage?.setItem(PREFIX + name, value);
  } catch {
    // A browser that keeps nothing is still usable.
  }
}
