import { useComputed } from '@preact/signals';

import { useApp } from '../app-context.ts';
import { age, clockTime, duration } from '../format.ts';

/** What is left until an instant. Why a computed: the text changes once a minute, so the page is touched once a minute. */
export function Countdown({ until, over = 'any moment' }: { readonly until: string; readonly over?: string }) {
  const { now } = useApp();
  const at = Date.parse(until);
  const text = useComputed(() => (at > now.value ? duration(at - now.value) : over));
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
  const text = useComputed(() => age(now.value - at));
  return (
    <time dateTime={of} title={clockTime(at, now.peek())}>
      {text}
    </time>
  );
}
