import type { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';

import { OmaError } from '../../contract/errors.ts';
import type { OmaEvent } from '../../contract/event.ts';
import type { Guard } from './guard.ts';

/** Listeners at the same instant; each open dashboard is one. */
const LISTENERS_MAX = 64;

/** Events one slow listener may be behind; then it is cut off and reconnects. */
const BACKLOG_MAX = 1_000;

/** A comment is sent this often, so that both sides notice a dead line, in milliseconds. */
const HEARTBEAT_MS = 15 * 1_000;

/** Calls back for every event until the returned function is called. */
export type Subscribe = (listener: (event: OmaEvent) => void) => () => void;

/** Adds `GET /api/events`: server-sent events, one JSON event each. */
export function addEventStream(app: Hono, guard: Guard, subscribe: Subscribe): void {
  let listeners = 0;
  app.get('/api/events', (context) => {
    guard.admit(context);
    if (listeners >= LISTENERS_MAX)
      throw new OmaError('TOO_MANY_ATTEMPTS', 'Too many dashboards are open. Close some.');
    listeners += 1;
    return streamSSE(context, async (stream) => {
      const backlog: OmaEvent[] = [];
      let wake: () => void = () => undefined;
      const unsubscribe = subscribe((event) => {
        backlog.push(event);
        if (backlog.length > BACKLOG_MAX) stream.abort();
        wake();
      });
      stream.onAbort(() => {
        wake();
      });
      try {
        await stream.writeSSE({ event: 'ready', data: '{}' });
        while (!stream.aborted) {
          for (const event of backlog.splice(0))
            await stream.writeSSE({ event: event.type, data: JSON.stringify(event) });
          if (backlog.length === 0 && !(await woken(HEARTBEAT_MS, (call) => (wake = call))))
            await stream.write(': still here\n\n');
        }
      } finally {
        unsubscribe();
        listeners -= 1;
      }
    });
  });
}

/** Resolves true when called, false after the time. */
function woken(afterMs: number, expose: (call: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(false);
    }, afterMs).unref();
    expose(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
