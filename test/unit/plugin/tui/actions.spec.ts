import { describe, expect, it, vi } from 'vitest';

import type { ProbeRunView } from '../../../../contract/probe.ts';
import { type Action, perform } from '../../../../plugin/tui/actions.ts';
import { fakeLine } from '../../../support/fake-line.ts';
import { account, at, force, FORCED, loginView, NOW } from '../../cli/samples.ts';

type Handlers = Parameters<typeof fakeLine>[0];
const act = (action: Action, handlers: Handlers) =>
  perform(action, { client: fakeLine(handlers).client, now: () => NOW, wait: () => Promise.resolve() });
const run = (over: Partial<ProbeRunView>): ProbeRunView => ({
  probeId: 'p1',
  startedAt: at(0),
  finishedAt: null,
  items: [],
  ...over,
});
const item = (state: 'success' | 'error', message = '') => ({
  alias: 'work',
  state,
  source: null,
  message,
  attempts: [],
});

describe('a choice of /oma', () => {
  it('forces, and says until when', async () => {
    const activate = vi.fn(() => Promise.resolve(FORCED));
    const said = await act({ kind: 'force', alias: 'work' }, { 'force.activate': activate });
    expect(activate).toHaveBeenCalledWith({ alias: 'work' });
    expect(said).toEqual({
      variant: 'success',
      message: expect.stringMatching(/^work is forced; it ends at .*\(in 2 h 5 min\)\.$/) as string,
    });
  });

  it('ends a force, and says how accounts rotate again', async () => {
    const said = await act({ kind: 'end-force' }, { 'force.clear': () => Promise.resolve(force()) });
    expect(said.message).toBe('The force is over; accounts rotate by round-robin.');
  });

  it('enables', async () => {
    const set = vi.fn(() => Promise.resolve(account()));
    expect((await act({ kind: 'enable', alias: 'work' }, { 'account.set-enabled': set })).message).toBe(
      'work is enabled.',
    );
    expect(set).toHaveBeenCalledWith({ alias: 'work', enabled: true });
  });

  it.each([
    ['on holiday', { reason: 'on holiday' }],
    ['  ', {}],
  ])('disables for the reason "%s", or for none', async (reason, told) => {
    const set = vi.fn(() => Promise.resolve(account()));
    const said = await act({ kind: 'disable', alias: 'work', reason }, { 'account.set-enabled': set });
    expect(said.message).toBe('work is disabled.');
    expect(set).toHaveBeenCalledWith({ alias: 'work', enabled: false, ...told });
  });

  it('switches codex', async () => {
    const said = await act({ kind: 'switch', alias: 'work' }, { 'account.switch': () => Promise.resolve(account()) });
    expect(said.message).toBe('The codex program is logged in as work now.');
  });

  it('cancels the login that is under way', async () => {
    const cancel = vi.fn(() => Promise.resolve(loginView({ state: 'error' })));
    const list = (logins: ReturnType<typeof loginView>[]) => () => Promise.resolve({ logins });
    const action = { kind: 'cancel-login', alias: 'work' } as const;
    await act(action, {
      'login.list': list([loginView({ loginId: 'l0', state: 'success' }), loginView({ loginId: 'l1' })]),
      'login.cancel': cancel,
    });
    expect(cancel.mock.calls).toEqual([[{ loginId: 'l1' }]]);
    expect((await act(action, { 'login.list': list([]) })).message).toBe('No login of work is under way.');
  });

  it('probes until the figures are there', async () => {
    const answers = [run({}), run({ finishedAt: at(0), items: [item('success')] })];
    const start = vi.fn(() => Promise.resolve(run({})));
    const said = await act(
      { kind: 'probe', alias: 'work' },
      { 'probe.start': start, 'probe.get': () => Promise.resolve(answers.shift() ?? run({})) },
    );
    expect(start).toHaveBeenCalledWith({ alias: 'work', withoutModel: true });
    expect(said).toEqual({ variant: 'success', message: 'The limits of work are new.' });
  });

  it('says why a probe gave none', async () => {
    const over = run({ finishedAt: at(0), items: [item('error', 'The provider did not answer.')] });
    const said = await act({ kind: 'probe', alias: null }, { 'probe.start': () => Promise.resolve(over) });
    expect(said).toEqual({
      variant: 'warning',
      message: 'No new limits, the old ones stay.\nwork: The provider did not answer.',
    });
  });

  it('tells apart what is new and what is not', async () => {
    const items = [item('error', 'The provider did not answer.'), { ...item('success'), alias: 'home' }];
    const over = run({ finishedAt: at(0), items });
    const said = await act({ kind: 'probe', alias: null }, { 'probe.start': () => Promise.resolve(over) });
    expect(said).toEqual({
      variant: 'warning',
      message: 'The limits of home are new.\nwork: The provider did not answer.',
    });
    const none = run({ finishedAt: at(0) });
    expect(await act({ kind: 'probe', alias: null }, { 'probe.start': () => Promise.resolve(none) })).toEqual({
      variant: 'info',
      message: 'No new limits, the old ones stay.',
    });
  });

  it('hands on what the supervisor refuses', async () => {
    await expect(act({ kind: 'switch', alias: 'work' }, {})).rejects.toThrow('account.switch is not played.');
  });
});
