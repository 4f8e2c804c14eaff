import { computed, type ReadonlySignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';

import { useApp } from '../app-context.ts';
import { age, clockTime, duration } from '../format.ts';

/** What is left until an instant. Why a computed: the text changes once a minute, so the page is touched once a minute. */
export function Countdown({ until, over = 'any moment' }: { readonly until: string; readonly over?: string }) {
  const { now } = useApp();
  const at = Date.parse(until);
  const text = useText(() => (at > now.value ? duration(at - now.value) : over), [at, over]);
  return (
    <time dateTime={until} title={clockTime(at, now.peek())}>
      {text}
    </time>
  );
}

/** How long ago an instant was. */
export function Age({ of }: { readonly of: string }) {
  const { now } = useApp();
  const at = Date.parse(of);
  const text = useText(() => age(now.value - at), [at]);
  return (
    <time dateTime={of} title={clockTime(at, now.peek())}>
      {text}
    </time>
  );
}

/** A text that follows the clock. Why not useComputed: it goes on showing the instant of before until the clock ticks. */
function useText(say: () => string, of: readonly (number | string)[]): ReadonlySignal<string> {
  return useMemo(() => computed(say), of);
}
