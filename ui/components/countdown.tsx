import { computed } from '@preact/signals';
import { useMemo } from 'preact/hooks';

import { useApp } from '../app-context.ts';
import { age, clockTime, duration } from '../format.ts';

interface TimeProps {
  /** With the clock's time behind it, for those who cannot point at it. */
  readonly isExact?: boolean;
}

/** What is left until an instant. Why a computed: the text changes once a minute, so the page is touched once a minute. */
export function Countdown({
  until,
  over = 'any moment',
  isExact = false,
}: TimeProps & { readonly until: string; readonly over?: string }) {
  return <Instant {...{ of: until, isExact }} say={(leftMs) => (leftMs > 0 ? duration(leftMs) : over)} />;
}

/** How long ago an instant was. */
export function Age({ of, isExact = false }: TimeProps & { readonly of: string }) {
  return <Instant {...{ of, isExact }} say={(leftMs) => age(-leftMs)} />;
}

interface InstantProps extends Required<TimeProps> {
  readonly of: string;
  readonly say: (leftMs: number) => string;
}

/** A text that follows the clock. Why not useComputed: it goes on showing the instant of before until the clock ticks. */
function Instant({ of, say, isExact }: InstantProps) {
  const { now } = useApp();
  const at = Date.parse(of);
  const text = useMemo(() => computed(() => say(at - now.value)), [at]);
  const clock = clockTime(at, now.peek());
  return (
    <time dateTime={of} title={isExact ? undefined : clock}>
      {text}
      {isExact && ` (${clock})`}
    </time>
  );
}
