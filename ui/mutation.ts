import { type ReadonlySignal, signal } from '@preact/signals';

import { type ApiError, asApiError } from './api.ts';

/** The four states of every control that shows a value of the supervisor and can change it. */
export type ControlState = 'off' | 'on' | 'updating' | 'error';

/** One kind of change under way, or the failure of the last one. */
export interface Mutation<Args> {
  readonly phase: ReadonlySignal<'idle' | 'updating' | 'error'>;
  readonly error: ReadonlySignal<ApiError | null>;
  /** True when it succeeded; false when it failed or one is under way already, in which case nothing is sent. */
  readonly run: (args: Args) => Promise<boolean>;
  readonly dismiss: () => void;
}

/** Creates a change that can run once at a time. Shape: `perform` resolves when what the page shows is true again. */
export function createMutation<Args>(perform: (args: Args) => Promise<unknown>): Mutation<Args> {
  const phase = signal<'idle' | 'updating' | 'error'>('idle');
  const error = signal<ApiError | null>(null);
  const settle = (next: 'idle' | 'error', cause: ApiError | null): void => {
    error.value = cause;
    phase.value = next;
  };
  return {
    phase,
    error,
    run: async (args) => {
      if (phase.peek() === 'updating') return false;
      phase.value = 'updating';
      error.value = null;
      try {
        await perform(args);
        settle('idle', null);
        return true;
      } catch (cause) {
        settle('error', asApiError(cause));
        return false;
      }
    },
    dismiss: () => {
      if (phase.peek() === 'error') settle('idle', null);
    },
  };
}

/** One mutation for each key, made when first asked for. */
export function createMutations<Args>(
  perform: (key: string, args: Args) => Promise<unknown>,
): (key: string) => Mutation<Args> {
  const made = new Map<string, Mutation<Args>>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const mutation = createMutation<Args>((args) => perform(key, args));
    made.set(key, mutation);
    return mutation;
  };
}

/** The state a control shows. */
export function controlState(isOn: boolean, phase: 'idle' | 'updating' | 'error'): ControlState {
  if (phase === 'idle') return isOn ? 'on' : 'off';
  return phase;
}
