import { describe, expect, it, vi } from 'vitest';

import type { LineTarget } from '../../../../plugin/start.ts';
import { createTui } from '../../../../plugin/tui/create-tui.ts';
import type { HostCommand, Screen, SelectProps, TuiHost } from '../../../../plugin/tui/host.ts';
import { fakeLine, notRunning } from '../../../support/fake-line.ts';
import { PATIENCE } from '../../../support/patience.ts';
import { account, status } from '../../cli/samples.ts';

const SCREEN: Screen = {
  createElement: () => ({}),
  insert: () => undefined,
  spread: () => undefined,
  createSignal: (value) => [() => value, () => undefined],
};

function setUp({ accounts = [account()], running = true } = {}) {
  const targets: LineTarget[] = [];
  const commands: HostCommand[] = [];
  const selects: SelectProps[] = [];
  const toast = vi.fn();
  const alert = vi.fn(() => ({}));
  const end = { dispose: (): void => undefined };
  const findLine = (target: LineTarget) => {
    targets.push(target);
    if (!running) return Promise.reject(notRunning());
    return Promise.resolve(
      fakeLine({
        'session.subscribe': () => Promise.resolve({}),
        'decision.list': () => Promise.resolve({ decisions: [] }),
        'account.list': () => Promise.resolve({ accounts }),
        'status.get': () => Promise.resolve(status()),
      }),
    );
  };
  const host: TuiHost = {
    app: { version: '1.18.33' },
    keymap: { registerLayer: (layer) => commands.push(...layer.commands) },
    route: { current: { name: 'session', params: { sessionID: 'ses_1' } } },
    ui: {
      DialogSelect: (props) => {
        selects.push(props);
        return {};
      },
      DialogAlert: alert,
      dialog: { replace: (render) => void render(), setSize: () => undefined, clear: () => undefined },
      toast,
    },
    theme: { current: { text: 1, textMuted: 1, success: 1, warning: 1, error: 1 } },
    slots: { register: vi.fn() },
    renderer: {},
    lifecycle: { onDispose: (dispose) => Object.assign(end, { dispose }) },
  };
  const tui = (over: Partial<TuiHost> = {}, loadScreen = () => Promise.resolve(SCREEN)) =>
    createTui({
      ...{ findLine, loadScreen, now: Date.now, random: () => 1, write: () => true },
      wait: (_ms, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
    })({ ...host, ...over }, { node: '/node', supervisor: '/supervisor.js' });
  return { tui, targets, commands, selects, toast, alert, end };
}

describe('the entry of the terminal interface', () => {
  it('only looks at start, and may start the supervisor when /oma is typed', async () => {
    const { tui, targets, commands, toast, end } = setUp({ running: false });
    await tui();
    const start = { node: '/node', supervisor: '/supervisor.js', host: 'opencode 1.18.33', kind: 'tui' };
    expect(targets).toEqual([{ ...start, mayStart: false }]);
    expect(commands).toMatchObject([{ slashName: 'oma' }]);
    commands[0]?.run();
    await vi.waitFor(() => expect(toast).toHaveBeenCalledWith(expect.objectContaining({ variant: 'error' })), PATIENCE);
    expect(toast).toHaveBeenLastCalledWith(expect.objectContaining({ message: 'Nobody listens.' }));
    expect(targets.at(-1)).toEqual({ ...start, mayStart: true });
    end.dispose();
  });

  it('loads in an OpenCode that lacks what it needs', async () => {
    const { tui, commands, end } = setUp();
    const gone = (): never => {
      throw new TypeError('is not a function');
    };
    await tui({ slots: { register: gone }, lifecycle: { onDispose: gone } });
    await tui({}, () => Promise.reject(new Error('no such module')));
    expect(commands).toHaveLength(2);
    await tui({ keymap: { registerLayer: gone } });
    end.dispose();
  });

  it('shows the accounts, and the refusal of the supervisor as it words it', async () => {
    const { tui, commands, selects, toast, end } = setUp();
    await tui();
    commands[0]?.run();
    await vi.waitFor(() => expect(selects).toHaveLength(1), PATIENCE);
    const [menu] = selects;
    menu?.onSelect({ value: menu.options[0]?.value });
    await vi.waitFor(() => expect(selects).toHaveLength(2), PATIENCE);
    const [, of] = selects;
    expect(of?.title).toBe('work (a…@e…, plus)');
    of?.onSelect({ value: of.options.find(({ title }) => title === 'Force')?.value });
    await vi.waitFor(() => expect(toast).toHaveBeenCalledWith(expect.objectContaining({ variant: 'error' })), PATIENCE);
    expect(toast).toHaveBeenCalledWith(expect.objectContaining({ message: 'force.activate is not played.' }));
    of?.onSelect({ value: 'something of the host' });
    end.dispose();
  });

  it('tells a newcomer where to add the first account', async () => {
    const { tui, commands, alert, end } = setUp({ accounts: [] });
    await tui();
    commands[0]?.run();
    await vi.waitFor(() => expect(alert).toHaveBeenCalledWith(expect.objectContaining({ title: 'oma' })), PATIENCE);
    expect(alert).toHaveBeenCalledWith(
      expect.objectContaining({ message: expect.stringContaining('/connect') as string }),
    );
    end.dispose();
  });
});
