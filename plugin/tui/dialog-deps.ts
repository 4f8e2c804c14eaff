import type { EpochMs } from '../../contract/scalars.ts';
import type { Wait } from '../wait.ts';
import type { TuiHost } from './host.ts';
import type { Pool } from './pool.ts';
import type { Toasts } from './toasts.ts';

/** What the dialogs of `/oma` work with. */
export interface DialogDeps {
  readonly host: TuiHost;
  readonly pool: Pool;
  readonly toasts: Toasts;
  readonly now: () => EpochMs;
  readonly wait: Wait;
  /** Writes to the terminal as it is. */
  readonly write: (bytes: string) => unknown;
}
