import { withDeadline } from './deadline.ts';

/** Signals that ask a process to end in order. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The part of `process` that an ordered end needs. */
export interface EndingProcess {
  on: (signal: NodeJS.Signals, listener: () => void) => unknown;
  exit: (code: number) => unknown;
}

/** How a process ends. Shape: `close` gives everything up in order; `failed` hears of an end that did not go well. */
export interface ShutdownOptions {
  readonly process: EndingProcess;
  readonly deadlineMs: number;
  close: (reason: string) => Promise<void>;
  failed: (error: unknown) => void;
}

/** Ends the process in order, once. */
export type Shutdown = (reason: string) => Promise<void>;

/**
 * Ends a process in order when it gets a signal or is told to.
 * Shape: exit code 0 after an end in order, 1 when it failed or took too long; a second signal ends the process at once.
 */
export function onShutdown(options: ShutdownOptions): Shutdown {
  const { process, deadlineMs } = options;
  let ending: Promise<void> | null = null;
  const end = async (reason: string): Promise<void> => {
    try {
      await withDeadline(
        options.close(reason),
        deadlineMs,
        () => new Error(`The end took longer than ${deadlineMs} ms.`),
      );
      process.exit(0);
    } catch (error) {
      options.failed(error);
      process.exit(1);
    }
  };
  const shutdown: Shutdown = (reason) => (ending ??= end(reason));
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (ending === null) void shutdown(signal);
      else process.exit(1);
    });
  }
  return shutdown;
}
