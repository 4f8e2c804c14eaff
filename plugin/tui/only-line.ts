import { isOmaError } from '../../contract/errors.ts';
import type { Line } from '../link.ts';

export interface OnlyLineDeps {
  /** Connects; starts the supervisor only if `mayStart`. */
  readonly connect: (mayStart: boolean) => Promise<Line>;
  /** What a new line is asked first; it counts only if that succeeds. */
  readonly greet: (line: Line) => Promise<void>;
  readonly onLost: () => void;
}

/** The one connection of this terminal: opened when it is needed, never twice at once. */
export interface OnlyLine {
  readonly current: () => Line | null;
  /** Errors: OmaError. */
  readonly open: (mayStart: boolean) => Promise<Line>;
  /** Settles when the line that was opened last is over. */
  readonly over: () => Promise<void>;
}

/** Makes a line that is not open yet. Why not a link: a look must neither start anybody nor keep a person waiting. */
export function createOnlyLine({ connect, greet, onLost }: OnlyLineDeps): OnlyLine {
  let line: Line | null = null;
  let over: Promise<void> = Promise.resolve();
  let opening: Promise<Line> | null = null;

  const lose = (lost: Line): void => {
    if (line !== lost) return;
    line = null;
    onLost();
  };
  const dial = async (mayStart: boolean): Promise<Line> => {
    const opened = await connect(mayStart);
    line = opened;
    over = new Promise<void>((resolve) => opened.onClose(resolve)).then(() => lose(opened));
    try {
      await greet(opened);
      return opened;
    } catch (error) {
      lose(opened);
      opened.dispose();
      throw error;
    }
  };

  return {
    current: () => line,
    async open(mayStart) {
      if (opening !== null) await opening.catch((error: unknown) => refuseUnlessStarting(error, mayStart));
      if (line !== null) return line;
      opening ??= dial(mayStart).finally(() => {
        opening = null;
      });
      return opening;
    },
    over: () => over,
  };
}

/** A look that found nobody says nothing about a try that may start the supervisor. */
function refuseUnlessStarting(error: unknown, mayStart: boolean): void {
  if (!mayStart || !isOmaError(error, 'SUPERVISOR_NOT_RUNNING')) throw error;
}
