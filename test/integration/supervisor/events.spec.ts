import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { eventSchema, type OmaEvent } from '../../../contract/event.ts';
import { composeForTest, type Supervised, TEST_PORT, TEST_TOKEN } from '../../support/composed.ts';
import { PATIENCE } from '../../support/patience.ts';

let oma: Supervised;

beforeEach(async () => {
  oma = await composeForTest({ aliases: ['a', 'b', 'c'] });
});

afterEach(() => oma.close());

/** One client of `GET /api/events`. */
interface Listener {
  readonly status: number;
  /** Every event after `ready`, in order; each is parsed by the contract. */
  readonly events: OmaEvent[];
  leave: () => Promise<void>;
}

async function listen(): Promise<Listener> {
  const origin = `127.0.0.1:${String(TEST_PORT)}`;
  const headers = { host: origin, authorization: `Bearer ${TEST_TOKEN}` };
  const response = await oma.app.request(`http://${origin}/api/events`, { headers });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const events: OmaEvent[] = [];
  if (response.status === 200) expect(await reader.read()).toMatchObject({ value: 'event: ready\ndata: {}\n\n' });
  void collect(reader, events);
  return { status: response.status, events, leave: () => reader.cancel() };
}

async function collect(reader: ReadableStreamDefaultReader<string>, events: OmaEvent[]): Promise<void> {
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const blocks = (rest + part.value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, name, data] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? [];
      if (data === undefined) continue;
      const event = eventSchema.parse(JSON.parse(data));
      expect(event.type).toBe(name);
      events.push(event);
    }
  }
}

describe('GET /api/events', () => {
  it('tells every listener of changes, choices and the end of a force, in the order in which they happened', async () => {
    const [one, two] = [await listen(), await listen()];
    await oma.request('POST', '/api/force', { alias: 'b' });
    const request = { requestId: 'r1', sessionId: null, rootSessionId: null, model: null, attempt: 1, exclude: [] };
    await oma.call('lease.acquire', request);
    oma.composed.decisions.flush();
    await oma.request('PUT', '/api/accounts/b/enabled', { enabled: false });
    const isEnd = ({ type }: OmaEvent): boolean => type === 'force-ended';
    const told = await Promise.all(
      [one, two].map(async ({ events }) => {
        await vi.waitFor(() => expect(events.some(isEnd)).toBe(true), PATIENCE);
        return events.slice(0, events.findIndex(isEnd) + 1);
      }),
    );
    const choice = { decision: expect.objectContaining({ requestId: 'r1', selectedAlias: 'b' }) as unknown };
    for (const events of told) {
      expect(events[0]).toMatchObject({ type: 'changed', topics: expect.arrayContaining(['force']) });
      expect(events).toContainEqual(expect.objectContaining(choice));
      expect(events.at(-1)).toMatchObject({ alias: 'b', because: 'disabled' });
    }
    expect(told[0]).toEqual(told[1]);
    await Promise.all([one.leave(), two.leave()]);
  });

  it('refuses more listeners than it has room for, until one has left', async () => {
    const listeners: Listener[] = [];
    for (let count = 0; count < 64; count += 1) listeners.push(await listen());
    expect((await listen()).status).toBe(429);
    await listeners.pop()?.leave();
    const late = await vi.waitFor(async () => {
      const again = await listen();
      expect(again.status).toBe(200);
      return again;
    }, PATIENCE);
    await Promise.all([...listeners, late].map(({ leave }) => leave()));
  });
});
