import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** Between the words and what they explain, and between them and the edge of the page, in pixels. */
const GAP_PX = 6;
const EDGE_PX = 8;

/** Words beside what they explain, and what opens and closes them. */
export interface Floating<Anchor extends HTMLElement> {
  readonly isOpen: boolean;
  readonly open: () => void;
  readonly anchor: RefObject<Anchor | null>;
  readonly words: RefObject<HTMLSpanElement | null>;
  /** Opens and closes by pointer. Why only a mouse: a finger leaves as soon as it is lifted. */
  readonly byMouse: {
    readonly onPointerEnter: (event: PointerEvent) => void;
    readonly onPointerLeave: (event: PointerEvent) => void;
  };
  /** Opens and closes by focus, which a finger brings too. */
  readonly byFocus: {
    readonly onFocus: () => void;
    readonly onBlur: () => void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
  };
}

/** Floats a popover beside its anchor. Why a popover: nothing on the page can cut it off. */
export function useFloating<Anchor extends HTMLElement>(): Floating<Anchor> {
  const isOpen = useSignal(false);
  const anchor = useRef<Anchor>(null);
  const words = useRef<HTMLSpanElement>(null);
  const open = (): void => void (isOpen.value = true);
  const close = (): void => void (isOpen.value = false);
  useEffect(() => {
    if (!isOpen.value || anchor.current === null || words.current === null) return;
    words.current.showPopover();
    const follow = (): void => {
      if (words.current !== null && anchor.current !== null)
        place(words.current, anchor.current.getBoundingClientRect());
    };
    follow();
    const elsewhere = (event: Event): void => {
      if (!(event.target instanceof Node) || anchor.current?.contains(event.target) !== true) close();
    };
    document.addEventListener('pointerdown', elsewhere);
    addEventListener('scroll', follow, true);
    return () => {
      document.removeEventListener('pointerdown', elsewhere);
      removeEventListener('scroll', follow, true);
      words.current?.hidePopover();
    };
  }, [isOpen.value]);
  const mouse =
    (act: () => void) =>
    ({ pointerType }: PointerEvent): void => {
      if (pointerType === 'mouse') act();
    };
  const onKeyDown = ({ key }: KeyboardEvent): void => {
    if (key === 'Escape') close();
  };
  return {
    isOpen: isOpen.value,
    open,
    anchor,
    words,
    byMouse: { onPointerEnter: mouse(open), onPointerLeave: mouse(close) },
    byFocus: { onFocus: open, onBlur: close, onKeyDown },
  };
}

/** Below what they explain, or above where there is no room, and never beyond the edge of the page. */
function place(words: HTMLElement, { left, right, top, bottom }: DOMRect): void {
  const { offsetWidth, offsetHeight } = words;
  const middle = (left + right - offsetWidth) / 2;
  const x = Math.max(EDGE_PX, Math.min(middle, innerWidth - offsetWidth - EDGE_PX));
  const y = bottom + GAP_PX + offsetHeight > innerHeight ? top - GAP_PX - offsetHeight : bottom + GAP_PX;
  words.style.translate = `${x}px ${Math.max(EDGE_PX, y)}px`;
}
