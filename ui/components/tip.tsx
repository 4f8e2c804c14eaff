import './floating.css';
import './tip.css';

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

import { useFloating } from './floating.ts';
import { useShown } from './who.tsx';

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
  const { anchor, words, open, byMouse, byFocus } = useFloating<HTMLSpanElement>();
  const shown = useShown();
  return (
    <span ref={anchor} class="tip" data-tone={tone} {...byMouse}>
      <button type="button" class="tip-button" aria-label={label} aria-describedby={id} onClick={open} {...byFocus}>
        {children}
      </button>
      <span ref={words} role="tooltip" id={id} class="floating" popover="manual">
        {shown(text)}
      </span>
    </span>
  );
}
