import { AWAKE_MS, STOOD_STILL_MS } from '../awake.ts';

/** Something that must be over by an instant. Units: `deadlineAt` in milliseconds of `performance.now()`. */
export interface Expiring {
  readonly deadlineAt: number;
  expire: () => void;
}

/** Longest delay a timer of the platform takes, in milliseconds. */
const TIMER_MS_MAX = 2_147_483_647;

/**
 * Watches any number of deadlines with one timer. Time in which this process stood still does not count.
 * Why: a timer for each call would cost more than the rest of the call; calls nearly always end before their deadline.
 */
export class DeadlineQueue {
  readonly #entries = new Map<Expiring, number>();
  #timer: NodeJS.Timeout | null = null;
  #armedFor = Number.POSITIVE_INFINITY;

  /** Number of entries that are watched. */
  get size(): number {
    return this.#entries.size;
  }

  /** Watches an entry until it is deleted or expired. */
  add(entry: Expiring): void {
    this.#entries.set(entry, entry.deadlineAt);
    if (entry.deadlineAt < this.#armedFor) this.#arm(entry.deadlineAt);
  }

  /** Forgets an entry. */
  delete(entry: Expiring): void {
    this.#entries.delete(entry);
  }

  /** Forgets every entry. */
  clear(): void {
    this.#entries.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #arm(deadlineAt: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#armedFor = deadlineAt;
    const delayMs = Math.min(Math.max(Math.ceil(deadlineAt - performance.now()), 0), TIMER_MS_MAX);
    this.#timer = setTimeout(() => this.#sweep(), delayMs);
    this.#timer.unref();
  }

  #sweep(): void {
    const now = performance.now();
    const lateMs = now - this.#armedFor;
    this.#timer = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
    if (lateMs > STOOD_STILL_MS) this.#putOff(lateMs + AWAKE_MS);
    let next = Number.POSITIVE_INFINITY;
    for (const [entry, deadlineAt] of this.#entries) {
      if (deadlineAt > now) next = Math.min(next, deadlineAt);
      else {
        this.#entries.delete(entry);
        entry.expire();
      }
    }
    if (next < this.#armedFor) this.#arm(next);
  }

  #putOff(ms: number): void {
    for (const [entry, deadlineAt] of this.#entries) this.#entries.set(entry, deadlineAt + ms);
  }
}
