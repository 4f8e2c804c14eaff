import './button.css';

import type { ComponentChildren } from 'preact';

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
  readonly title?: string;
  readonly onClick?: () => void;
}

/** A button that keeps its focus while it is busy, and is not pressed twice. */
export function Button(props: ButtonProps) {
  const { children, icon, kind = 'plain', type = 'button', label, state, title, onClick } = props;
  const isHeld = (props.isBusy ?? false) || (props.isDisabled ?? false);
  return (
    <button
      type={type}
      class="button"
      data-kind={kind}
      data-state={state}
      aria-label={label}
      aria-busy={props.isBusy ?? false}
      aria-disabled={isHeld}
      title={title}
      onClick={(event) => {
        if (isHeld) event.preventDefault();
        else onClick?.();
      }}
    >
      {props.isBusy === true ? <span class="spinner" aria-hidden="true" /> : icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
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
