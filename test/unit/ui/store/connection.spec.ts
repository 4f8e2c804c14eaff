import { expect, test } from 'vitest';

import type { OmaEvent } from '../../../../contract/event.ts';
import { backoff, createConnection, type Line } from '../../../../ui/store/connection.ts';

interface FakeLine extends Line {
  readonly say: (type: string, data?: string) => void;
  readonly fail: () => void;
  isClosed: boolean;
}

function fakeLine(): FakeLine {
  const listeners = new Map<string, (data: string) => void>();
  const failing: (() => void)[] = [];
  const line: FakeLine = {
    isClosed: false,
    on: (type, listener) => void listeners.set(type, listener),
    onError: (listener) => void failing.push(listener),
    close: () => (line.isClosed = true),
    say: (type, data = '{}') => listeners.get(type)?.(data),
    fail: () => failing.forEach((call) => call()),
  };
  return line;
}

function setUp() {
  const lines: FakeLine[] = [];
  const timers: { ms: number; call: () => void; isOff: boolean }[] = [];
  const events: OmaEvent[] = [];
  const counts = { ready: 0, broken: 0 };
  const connection = createConnection({
    open: () => {
      const line = fakeLine();
      lines.push(line);
      return line;
    },
    later: (ms, call) => {
      const timer = { ms, call, isOff: false };
      timers.push(timer);
      return () => (timer.isOff = true);
    },
    now: () => 1_000,
    random: () => 1,
    onReady: () => (counts.ready += 1),
    onEvent: (event) => events.push(event),
    onBroken: () => (counts.broken += 1),
  });
  return { connection, lines, timers, events, counts, last: () => lines.at(-1)! };
}

test('it is live once the line is ready, and everything is read again then', () => {
  const { connection, last, counts } = setUp();
  expect(connection.state.value).toBe('connecting');
  last().say('ready');
  expect([connection.state.value, counts.ready]).toEqual(['live', 1]);
});

test('a broken line is said at once, closed, and tried again later and later', () => {
  const { connection, last, timers, lines } = setUp();
  last().fail();
  expect([connection.state.value, connection.retryAt.value, lines[0]?.isClosed]).toEqual(['disconnected', 1_500, true]);
  timers.at(-1)!.call();
  last().fail();
  expect(timers.map(({ ms }) => ms)).toEqual([500, 1_000]);
  timers.at(-1)!.call();
  last().say('ready');
  expect(connection.state.value).toBe('live');
  last().fail();
  expect(timers.at(-1)!.ms).toBe(500);
});

test('waits grow from half a second to fifteen', () => {
  expect([0, 1, 4, 5, 50].map((failures) => backoff(failures, 1))).toEqual([500, 1_000, 8_000, 15_000, 15_000]);
  expect(backoff(0, 0)).toBe(375);
});

test('trying now does not leave a second try behind', () => {
  const { connection, last, timers, lines } = setUp();
  last().fail();
  connection.retryNow();
  expect([timers[0]?.isOff, lines.length]).toEqual([true, 2]);
});

test('a locked page stops trying', () => {
  const { connection, last, lines } = setUp();
  connection.refuse();
  last().fail();
  connection.retryNow();
  expect([connection.state.value, lines.length, lines[0]?.isClosed]).toEqual(['unauthorised', 1, true]);
});

test('a hidden tab gives its line back after a while and takes one when it is seen again', () => {
  const { connection, last, timers, lines } = setUp();
  last().say('ready');
  connection.setHidden(true);
  expect(timers[0]?.ms).toBe(30_000);
  timers[0]!.call();
  expect([connection.state.value, lines[0]?.isClosed]).toEqual(['paused', true]);
  connection.setHidden(false);
  expect([connection.state.value, lines.length]).toEqual(['connecting', 2]);
});

test('a tab that is hidden for a moment only keeps its line', () => {
  const { connection, last, timers, lines } = setUp();
  last().say('ready');
  connection.setHidden(true);
  connection.setHidden(false);
  expect([timers[0]?.isOff, lines.length]).toEqual([true, 1]);
});

test('events arrive as they are; what is none is dropped', () => {
  const { last, events } = setUp();
  const event = { type: 'changed', at: '2026-11-23T12:00:00Z', topics: ['force'] };
  last().say('changed', JSON.stringify(event));
  last().say('changed', 'not json');
  last().say('changed', '{"type":"decision"}');
  expect(events).toEqual([event]);
});
