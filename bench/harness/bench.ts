import type { Figure } from './figure.ts';

/** What a section works with. */
export interface Bench {
  /** The size of a full run, or that of the smoke run, which only shows that everything works. */
  readonly size: (full: number, smoke: number) => number;
  /** Words before a command that keep it on one core; empty where the system has none. */
  readonly pin: readonly string[];
  readonly say: (line: string) => void;
}

/** A picture of some figures of a section. Shape: the points are the figures whose id is `prefix` and a number, which is x. */
export interface Picture {
  readonly file: string;
  readonly title: string;
  readonly prefix: string;
  readonly xLabel: string;
}

/** One chapter of the report. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly pictures?: readonly Picture[];
  readonly run: (bench: Bench) => Promise<readonly Figure[]>;
}
