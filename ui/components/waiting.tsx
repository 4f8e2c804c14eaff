import type { ApiError } from '../api.ts';
import { Button } from './button.tsx';
import { Problem } from './problem.tsx';

export interface WaitingProps {
  /** What is being read, as in "the accounts". */
  readonly what: string;
  /** Why the last try failed. */
  readonly error: ApiError | null;
  readonly onAgain: () => Promise<void>;
}

/** Instead of a screen whose view was never read yet: that it is being read, or why it cannot be. */
export function Waiting({ what, error, onAgain }: WaitingProps) {
  if (error === null) {
    return (
      <p class="loading" role="status">
        Reading {what}…
      </p>
    );
  }
  return (
    <div class="loading">
      <Problem error={error} />
      <p>
        <Button icon="refresh" onClick={() => void onAgain()}>
          Try again
        </Button>
      </p>
    </div>
  );
}
