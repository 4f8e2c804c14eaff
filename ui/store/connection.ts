import { type ReadonlySignal, signal } from '@preact/signals';

import type { OmaEvent } from '../../contract/event.ts';

const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 15_000;

/** A hidden tab gives its line back after this long. Why: a browser has six for all tabs of this address together. */
const HIDDEN_MS = 30_000;

const EVENT_TYPES = ['changed', 'decision', 'force-ended', 'account-needs-login', 'probe'] as const;

/** A line of server-sent events as the connection uses it. */
export interface Line {
  readonly on: (type: string, listener: (data: string) => void) => void;
  readonly onError: (listener: () => void) => void;
  readonly close: () => void;
}

/** What the connection needs of the page. */
export interface ConnectionHost {
  readonly open: () => Line;
  /** Returns a function that cancels. */
  readonly later: (ms: number, call: () => void) => () => void;
  readonly now: () => number;
  readonly random: () => number;
  /** Called each time the line is open: everything may have changed meanwhile. */
  readonly onReady: () => void;
  readonly onEvent: (event: OmaEvent) => void;
  /** Called when the line broke, to find out why. */
  readonly onBroken: () => void;
}

export type ConnectionState = 'connecting' | 'live' | 'disconnected' | 'paused' | 'unauthorised';

export interface Connection {
  readonly state: ReadonlySignal<ConnectionState>;
  /** When the next attempt is made; null while none is due. */
  readonly retryAt: ReadonlySignal<number | null>;
  readonly retryNow: () => void;
  readonly refuse: () => void;
  readonly setHidden: (isHidden: boolean) => void;
}

/** Keeps one line of events open, and says honestly when it is not. */
export function createConnection(host: ConnectionHost): Connection {
  const state = signal<ConnectionState>('connecting');
  const retryAt = signal<number | null>(null);
  const held: { line: Line | null; failures: number; cancel: () => void } = { line: null, failures: 0, cancel: noop };

  const drop = (): void => {
    held.cancel();
    held.cancel = noop;
    held.line?.close();
    held.line = null;
    retryAt.value = null;
  };
  const broken = (): void => {
    drop();
    if (state.peek() === 'unauthorised') return;
    const waitMs = backoff(held.failures, host.random());
    held.failures += 1;
    state.value = 'disconnected';
    retryAt.value = host.now() + waitMs;
    held.cancel = host.later(waitMs, connect);
    host.onBroken();
  };
  const connect = (): void => {
    drop();
    if (state.peek() === 'unauthorised') return;
    if (state.peek() === 'paused') state.value = 'connecting';
    const line = host.open();
    held.line = line;
    line.onError(broken);
    line.on('ready', () => {
      held.failures = 0;
      state.value = 'live';
      host.onReady();
    });
    listen(line, host.onEvent);
  };

  connect();
  return {
    state,
    retryAt,
    retryNow: connect,
    refuse: () => {
      state.value = 'unauthorised';
      drop();
    },
    setHidden: (isHidden) => {
      if (state.peek() === 'unauthorised') return;
      if (!isHidden && held.line === null) connect();
      else if (!isHidden) held.cancel();
      if (!isHidden || held.line === null) return;
      held.cancel = host.later(HIDDEN_MS, () => {
        drop();
        state.value = 'paused';
      });
    },
  };
}

function listen(line: Line, onEvent: ConnectionHost['onEvent']): void {
  for (const type of EVENT_TYPES) {
    line.on(type, (data) => {
      const event = parseEvent(type, data);
      if (event !== null) onEvent(event);
    });
  }
}

/** Doubles from half a second to fifteen, with jitter so that many tabs do not come at once. */
export function backoff(failures: number, random: number): number {
  const full = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(failures, 10));
  return Math.round(full * (0.75 + random / 4));
}

function parseEvent(type: OmaEvent['type'], data: string): OmaEvent | null {
  try {
    const value: unknown = JSON.parse(data);
    return isEvent(type, value) ? value : null;
  } catch {
    return null;
  }
}

/** The supervisor is the only one who can write on this line; its build is the only thing that may differ. */
function isEvent(type: OmaEvent['type'], value: unknown): value is OmaEvent {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === type && 'at' in value;
}

function noop(): void {
  // Nothing to cancel.
}
