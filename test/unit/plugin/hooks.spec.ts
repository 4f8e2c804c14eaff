import { describe, expect, it, vi } from 'vitest';

import type { Client } from '../../../contract/operation.ts';
import type { Operations } from '../../../contract/operations.ts';
import { createServer, type PluginDeps } from '../../../plugin/hooks.ts';
import type { HostInput } from '../../../plugin/host.ts';
import type { Line } from '../../../plugin/link.ts';
import type { LineTarget } from '../../../plugin/start.ts';
import { READ_MS } from '../../../plugin/toast-queue.ts';
import { leaseFor } from '../../support/fake-leases.ts';
import { type FakeLine, fakeLine } from '../../support/fake-line.ts';
import { fakeUpstream, streamed } from '../../support/fake-upstream.ts';
import { PATIENCE } from '../../support/patience.ts';

const URL_IN = 'https://api.openai.com/v1/responses';
const PLACE = { file: '/nonexistent/auth.json', content: '{}' };

function hostInput() {
  const calls = { logs: [] as string[], toasts: [] as string[], sets: [] as unknown[] };
  const input: HostInput = {
    client: {
      app: { log: ({ body }) => Promise.resolve(calls.logs.push(body.message)) },
      tui: { showToast: ({ body }) => Promise.resolve(calls.toasts.push(body.message)) },
      auth: { set: (options) => Promise.resolve(calls.sets.push(options)) },
    },
  };
  return { input, ...calls };
}

function setUp(
  client: Partial<Client<Operations>> = { 'lease.acquire': () => Promise.resolve(leaseFor('work')) },
  fields: Partial<PluginDeps> = {},
) {
  const targets: LineTarget[] = [];
  const lines: FakeLine[] = [];
  const upstream = fakeUpstream(() => streamed());
  const findLine = (target: LineTarget): Promise<Line> => {
    targets.push(target);
    const line = fakeLine({ 'lease.report': () => Promise.resolve({ cooledUntilMs: null }), ...client });
    lines.push(line);
    return Promise.resolve(line);
  };
  const server = createServer({
    findLine,
    upstream: upstream.fetch,
    baseUrl: null,
    auth: PLACE,
    now: () => 0,
    random: () => 0,
    newId: () => 'r',
    wait: () => Promise.resolve(),
    ...fields,
  });
  return { server, targets, lines, upstream };
}

const loader = async (server: ReturnType<typeof setUp>['server'], type: string | null = 'oauth', options?: unknown) =>
  (await server(hostInput().input, options)).auth.loader(() => Promise.resolve(type === null ? undefined : { type }));

describe('the entry that OpenCode calls', () => {
  it('connects to nobody before the first request', async () => {
    const { server, targets } = setUp();
    const { fetch } = await loader(server);
    expect(targets).toEqual([]);
    await fetch?.(URL_IN, { method: 'POST', body: '{}', headers: { 'user-agent': 'opencode/1.18.33' } });
    expect(targets).toEqual([{ host: 'opencode 1.18.33' }]);
  });

  it('shares one connection among all directories of a process, started as the first one says', async () => {
    const { server, targets } = setUp();
    const options = { node: '/usr/bin/node', supervisor: '/opt/oma/dist/supervisor.js' };
    const first = await loader(server, 'oauth', options);
    const second = await loader(server, 'oauth');
    await first.fetch?.(URL_IN, { method: 'POST', body: '{}' });
    await second.fetch?.(URL_IN, { method: 'POST', body: '{}' });
    expect(targets).toEqual([{ ...options, host: 'opencode' }]);
  });

  it.each([[undefined], [null], ['text'], [{ node: 5 }], [{ unknown: true }]])(
    'takes options of another form (%j) for none',
    async (options) => {
      const { server, targets } = setUp();
      await (await loader(server, 'oauth', options)).fetch?.(URL_IN, { method: 'POST', body: '{}' });
      expect(targets).toEqual([{ host: 'opencode' }]);
    },
  );

  it('shows the messages of all directories one after the other, since the screen has room for one', async () => {
    const waits: number[] = [];
    const { server } = setUp({}, { wait: (ms) => Promise.resolve(void waits.push(ms)) });
    const [one, two] = [hostInput(), hostInput()];
    for (const { input } of [one, two]) (await server(input)).auth.methods[0]?.prompts?.[0]?.validate('no name');
    await vi.waitFor(() => expect([one.toasts, two.toasts].map(({ length }) => length)).toEqual([1, 1]), PATIENCE);
    expect(waits).toContain(READ_MS);
  });

  it('gives OpenCode a fetch and nothing else', async () => {
    expect(Object.keys(await loader(setUp().server))).toEqual(['fetch']);
    expect(Object.keys(await loader(setUp().server, null))).toEqual(['fetch']);
  });

  it('stays out of the way of an API key', async () => {
    expect(await loader(setUp().server, 'api')).toEqual({});
  });

  it('survives a login that cannot be read: a loader that throws would end the TUI', async () => {
    const hooks = await setUp().server(hostInput().input);
    expect(Object.keys(await hooks.auth.loader(() => Promise.reject(new Error('EACCES'))))).toEqual(['fetch']);
  });

  it('survives a host whose calls fail or throw', async () => {
    const broken = (): never => {
      throw new Error('not there');
    };
    const { server } = setUp();
    const hooks = await server({
      client: {
        app: { log: broken },
        tui: { showToast: () => Promise.reject(new Error('no')) },
        auth: { set: broken },
      },
    });
    const { fetch } = await hooks.auth.loader(() => Promise.resolve({ type: 'oauth' }));
    expect((await fetch?.(URL_IN, { method: 'POST', body: '{}' }))?.status).toBe(200);
  });

  it('refuses in a 400 when there is no way to the supervisor', async () => {
    const findLine = vi.fn(() => Promise.reject(Object.assign(new Error('x'), { code: 'EACCES' })));
    const { server } = setUp({}, { findLine });
    await expect((await loader(server)).fetch?.(URL_IN, { method: 'POST', body: '{}' })).resolves.toMatchObject({
      status: 400,
    });
  });
});
