import './switch.css';

import type { ControlState } from '../mutation.ts';

export interface SwitchProps {
  readonly label: string;
  /** What the supervisor says; the error state still shows it. */
  readonly isOn: boolean;
  readonly state: ControlState;
  readonly isLocked?: boolean;
  readonly describedBy?: string;
  readonly id?: string;
  readonly onToggle: (wanted: boolean) => void;
}

const SPOKEN: Readonly<Record<ControlState, string | null>> = {
  off: null,
  on: null,
  updating: 'being changed',
  error: 'the last change failed',
};

/** On or off, with a moment of "updating" between and an honest "error" after. Why aria-disabled: a disabled button would drop the focus. */
export function Switch({ label, isOn, state, isLocked = false, describedBy, id, onToggle }: SwitchProps) {
  const spoken = SPOKEN[state];
  const isHeld = state === 'updating' || isLocked;
  return (
    <button
      type="button"
      role="switch"
      class="switch"
      id={id}
      data-state={state}
      data-on={isOn ? 'yes' : 'no'}
      aria-checked={isOn}
      aria-busy={state === 'updating'}
      aria-disabled={isHeld}
      aria-label={spoken === null ? label : `${label}, ${spoken}`}
      aria-describedby={describedBy}
      onClick={() => {
        if (!isHeld) onToggle(!isOn);
      }}
    >
      <span class="switch-track">
        <span class="switch-thumb" />
      </span>
    </button>
  );
}
