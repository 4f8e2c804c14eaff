import './tip.css';

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface TipProps {
  /** Names the button. */
  readonly label: string;
  readonly text: string;
  readonly tone?: 'bad' | 'mute';
  readonly children: ComponentChildren;
}

/** More words on something small: by pointer, by keyboard focus, and by touch, which has neither. */
export function Tip({ label, text, tone = 'mute', children }: TipProps) {
  const id = useId();
  const isOpen = useSignal(false);
  return (
    <span
      class="tip"
      data-tone={tone}
      data-open={isOpen.value ? 'yes' : 'no'}
      onMouseLeave={() => (isOpen.value = false)}
    >
      <button
        type="button"
        class="tip-button"
        aria-label={label}
        aria-describedby={id}
        onClick={() => (isOpen.value = !isOpen.value)}
        onBlur={() => (isOpen.value = false)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          isOpen.value = false;
          event.currentTarget.blur();
        }}
      >
        {children}
      </button>
      <span role="tooltip" id={id} class="tip-text">
        {text}
      </span>
    </span>
  );
}
