import './tip.css';

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

import { useShown } from './who.tsx';

export interface TipProps {
  /** Names the button. */
  readonly label: string;
  readonly text: string;
  readonly tone?: 'bad' | 'mute';
  readonly children: ComponentChildren;
}

/** Between the tip and what it explains, and between it and the edge of the page, in pixels. */
const GAP_PX = 6;
const EDGE_PX = 8;

/** More words on something small: by pointer, by keyboard focus, and by touch, which has neither. Why a popover: nothing on the page can cut it off. */
export function Tip({ label, text, tone = 'mute', children }: TipProps) {
  const id = useId();
  const isOpen = useSignal(false);
  const whole = useRef<HTMLSpanElement>(null);
  const words = useRef<HTMLSpanElement>(null);
  const shown = useShown();
  const open = (): void => void (isOpen.value = true);
  const close = (): void => void (isOpen.value = false);
  useEffect(() => {
    if (!isOpen.value || whole.current === null || words.current === null) return;
    words.current.showPopover();
    const follow = (): void => {
      if (words.current !== null && whole.current !== null) place(words.current, whole.current.getBoundingClientRect());
    };
    follow();
    const elsewhere = (event: Event): void => {
      if (!(event.target instanceof Node) || whole.current?.contains(event.target) !== true) close();
    };
    document.addEventListener('pointerdown', elsewhere);
    addEventListener('scroll', follow, true);
    return () => {
      document.removeEventListener('pointerdown', elsewhere);
      removeEventListener('scroll', follow, true);
      words.current?.hidePopover();
    };
  }, [isOpen.value]);
  return (
    <span ref={whole} class="tip" data-tone={tone} onPointerEnter={hover(open)} onPointerLeave={hover(close)}>
      <button
        type="button"
        class="tip-button"
        aria-label={label}
        aria-describedby={id}
        onClick={open}
        onFocus={open}
        onBlur={close}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close();
        }}
      >
        {children}
      </button>
      <span ref={words} role="tooltip" id={id} class="tip-text" popover="manual">
        {shown(text)}
      </span>
    </span>
  );
}

/** Why only a mouse: a finger leaves as soon as it is lifted. */
function hover(act: () => void): (event: PointerEvent) => void {
  return ({ pointerType }) => {
    if (pointerType === 'mouse') act();
  };
}

/** Below what it explains, or above where there is no room, and never beyond the edge of the page. */
function place(tip: HTMLElement, { left, right, top, bottom }: DOMRect): void {
  const { offsetWidth, offsetHeight } = tip;
  const middle = (left + right - offsetWidth) / 2;
  const x = Math.max(EDGE_PX, Math.min(middle, innerWidth - offsetWidth - EDGE_PX));
  const y = bottom + GAP_PX + offsetHeight > innerHeight ? top - GAP_PX - offsetHeight : bottom + GAP_PX;
  tip.style.translate = `${x}px ${Math.max(EDGE_PX, y)}px`;
}
