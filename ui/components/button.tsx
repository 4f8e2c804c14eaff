import './button.css';
import './floating.css';

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

import { useFloating } from './floating.ts';
import { Icon, type IconName } from './icon.tsx';

export interface ButtonProps {
  readonly children: ComponentChildren;
  readonly icon?: IconName;
  readonly kind?: 'plain' | 'main' | 'quiet' | 'danger';
  readonly type?: 'button' | 'submit';
  /** The name when the words alone do not say enough. */
  readonly label?: string;
  readonly state?: string;
  readonly isBusy?: boolean;
  readonly isDisabled?: boolean;
  readonly isPressed?: boolean;
  /** What it does, for those who see only its icon: told on hover, focus and touch. */
  readonly title?: string;
  readonly onClick?: () => void;
}

/** A button that keeps its focus while it is busy, and is not pressed twice. */
export function Button(props: ButtonProps) {
  const { children, icon, kind = 'plain', type = 'button', label, state, title, onClick } = props;
  const { isBusy = false, isDisabled = false } = props;
  const isHeld = isBusy || isDisabled;
  const id = useId();
  const { isOpen, anchor, words, byMouse, byFocus } = useFloating<HTMLButtonElement>();
  const isTold = isOpen && title !== undefined;
  return (
    <button
      ref={anchor}
      type={type}
      class="button"
      data-kind={kind}
      data-state={state}
      aria-label={label}
      aria-busy={isBusy}
      aria-disabled={isHeld}
      aria-pressed={props.isPressed}
      aria-describedby={isTold && title !== label ? id : undefined}
      onClick={(event) => {
        if (isHeld) event.preventDefault();
        else onClick?.();
      }}
      {...byMouse}
      {...byFocus}
    >
      <Sign {...{ icon, isBusy }} />
      {children}
      {isTold && (
        <span ref={words} role="tooltip" id={id} class="floating" popover="manual">
          {title}
        </span>
      )}
    </button>
  );
}

function Sign({ icon, isBusy }: { readonly icon: IconName | undefined; readonly isBusy: boolean }) {
  if (isBusy) return <span class="spinner" aria-hidden="true" />;
  return icon === undefined ? null : <Icon name={icon} />;
}

/** A button that shows only its icon; the label is its name. */
export function IconButton({
  icon,
  label,
  ...rest
}: Omit<ButtonProps, 'children' | 'label'> & { readonly icon: IconName; readonly label: string }) {
  return (
    <Button {...rest} icon={icon} label={label} title={rest.title ?? label} kind="quiet">
      {null}
    </Button>
  );
}
