import './problem.css';

import type { ApiError } from '../api.ts';
import { IconButton } from './button.tsx';
import { Icon } from './icon.tsx';
import { useShown } from './who.tsx';

/** A failure where it happened, in the supervisor's own words, with the id that its log knows it by. */
export function Problem({
  error,
  onDismiss,
  id,
}: {
  readonly error: ApiError;
  readonly onDismiss?: () => void;
  readonly id?: string;
}) {
  const shown = useShown();
  return (
    <div class="problem" role="alert" id={id}>
      <Icon name="alert" />
      <span>
        {shown(error.message)} <code>{error.code}</code>
        {error.code === 'INTERNAL' && error.requestId !== null && <code> {error.requestId}</code>}
      </span>
      {onDismiss !== undefined && <IconButton icon="cross" label="Dismiss this message" onClick={onDismiss} />}
    </div>
  );
}
