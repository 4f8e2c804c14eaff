/** The moments of one write at which a test may stop the process, in the order in which they are reached. */
export const FAULT_POINTS = [
  'store:before-tmp',
  'store:after-open-tmp',
  'store:after-write',
  'store:after-fsync-file',
  'store:after-link-snapshot',
  'store:after-rename-snapshot',
  'store:after-rename',
  'store:after-fsync-directory',
] as const;

/** The name of one such moment. */
export type FaultPoint = (typeof FAULT_POINTS)[number];

/** Is told whenever a write reaches a fault point; a test kills the process there or throws what the disk would. */
export type FaultPoints = (point: FaultPoint) => void;

/** Lets every write pass: the only value outside tests. */
export const NO_FAULTS: FaultPoints = () => undefined;
