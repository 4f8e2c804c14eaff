import { describe, expect, it, vi } from 'vitest';

import type { AccountView } from '../../../../contract/account.ts';
import type { LineTarget } from '../../../../plugin/start.ts';
import { createTui } from '../../../../plugin/tui/create-tui.ts';
import type { HostCommand, PromptProps, Screen, SelectProps, TuiHost } from '../../../../plugin/tui/host.ts';
import { closed, type FakeLine, fakeLine, notRunning } from '../../../support/fake-line.ts';
import { PATIENCE } from '../../../support/patience.ts';
import { account, decision, loginView, status } from '../../cli/samples.ts';

const SCREEN: Screen = {
  createElement: () => ({}),
  insert: () => undefined,
  spread: () => undefined,
  createSignal: (value) => [() => value, () => undefined],
};

interface Setting {
  readonly accounts?: AccountView[];
  readonly running?: boolean;
  readonly client?: Parameters<typeof fakeLine>[0];
}

function setUp({ accounts = [account()], running = true, client = {} }: Setting = {}) {
  const targets: LineTarget[] = [];
  const lines: FakeLine[] = [];
  const commands: HostCommand[] = [];
  const selects: SelectProps[] = [];
  const prompts: PromptProps[] = [];
  const covers: (() => void)[] = [];
  const toast = vi.fn();
  const alert = vi.fn(() => ({}));
  const clear = vi.fn();
  const end = { dispose: (): void => undefined };
  const findLine = (target: LineTarget) => {
    targets.push(target);
    if (!running) return Promise.reject(notRunning());
    const line = fakeLine({
      'session.subscribe': () => Promise.resolve({}),
      'decision.list': () => Promise.resolve({ decisions: [] }),
      'login.list': () => Promise.resolve({ logins: [] }),
      'account.list': () => Promise.resolve({ accounts }),
      'status.get': () => Promise.resolve(status()),
      ...client,
    });
    lines.push(line);
    return Promise.resolve(line);
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
      DialogPrompt: (props) => {
        prompts.push(props);
        return {};
      },
      dialog: { replace: (render) => void render(), setSize: () => undefined, clear },
      toast,
    },
    theme: { current: { text: 1, textMuted: 1, success: 1, warning: 1, error: 1 } },
    event: { on: (_type, told) => covers.push(told) },
    slots: { register: vi.fn() },
    renderer: {},
    lifecycle: { onDispose: (dispose) => Object.assign(end, { dispose }) },
  };
  const tui = (over: Partial<TuiHost> = {}, loadScreen = () => Promise.resolve(SCREEN)) =>
    createTui({
      ...{ findLine, loadScreen, now: Date.now, random: () => 1, write: () => true },
      wait: (_ms, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
    })({ ...host, ...over }, { node: '/node', supervisor: '/supervisor.js' });
  /** Chooses in the list that came up last. */
  const choose = async (title: string) => {
    const answers = () => selects.length + prompts.length + alert.mock.calls.length + toast.mock.calls.length;
    const before = answers();
    const menu = selects.at(-1);
    menu?.onSelect({ value: menu.options.find((option) => option.title === title)?.value });
    await vi.waitFor(() => expect(answers()).toBeGreaterThan(before), PATIENCE);
  };
  const open = async () => {
    const before = selects.length;
    commands[0]?.run();
    await vi.waitFor(() => expect(selects.length).toBe(before + 1), PATIENCE);
  };
  return { tui, targets, lines, commands, selects, prompts, covers, toast, alert, clear, end, open, choose };
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

  it('lets a newcomer add the first account, and says what is wrong with a name', async () => {
    const add = vi.fn(() => Promise.resolve(loginView({ alias: 'first', state: 'success' })));
    const { tui, prompts, toast, end, open, choose, selects } = setUp({ accounts: [], client: { 'account.add': add } });
    await tui();
    await open();
    expect(selects.at(-1)?.title).toBe('oma has no account yet');
    await choose('Add an account with a code');
    prompts.at(-1)?.onConfirm('no name');
    await vi.waitFor(() => expect(toast).toHaveBeenCalledWith(expect.objectContaining({ variant: 'error' })), PATIENCE);
    prompts.at(-1)?.onConfirm(' first ');
    await vi.waitFor(
      () => expect(toast).toHaveBeenLastCalledWith(expect.objectContaining({ message: 'first is ready.' })),
      PATIENCE,
    );
    expect(add.mock.calls).toEqual([[{ alias: 'first', method: 'device' }]]);
    end.dispose();
  });

  it('takes a login whose supervisor ended off the screen, and says so', async () => {
    const client = {
      'account.reauth': () => Promise.resolve(loginView({ expiresAt: new Date(Date.now() + 60_000).toISOString() })),
      'login.wait': () => Promise.reject(closed()),
    };
    const { tui, toast, alert, clear, end, open, choose } = setUp({ client });
    await tui();
    await open();
    await choose('work');
    await choose('Log in again');
    expect(alert).toHaveBeenLastCalledWith(expect.objectContaining({ title: 'Log in work' }));
    await vi.waitFor(() => expect(clear).toHaveBeenCalledOnce(), PATIENCE);
    await vi.waitFor(() => expect(toast).toHaveBeenCalledWith(expect.objectContaining({ variant: 'error' })), PATIENCE);
    expect(toast).toHaveBeenLastCalledWith(
      expect.objectContaining({ message: expect.stringContaining('The supervisor ended, and this login') as string }),
    );
    end.dispose();
  });

  it('tells everything of an account', async () => {
    const { tui, alert, end, open, choose } = setUp();
    await tui();
    await open();
    await choose('work');
    await choose('Details');
    expect(alert).toHaveBeenLastCalledWith(
      expect.objectContaining({ message: expect.stringMatching(/^work can serve\.\n\nLimits unknown\n/) as string }),
    );
    end.dispose();
  });

  it('says that this session has made no request, instead of explaining another one', async () => {
    const decisions = [decision({ sessionId: 'ses_2' })];
    const { tui, alert, end, open, choose } = setUp({
      client: { 'decision.list': () => Promise.resolve({ decisions }) },
    });
    await tui();
    await open();
    await choose('Why this account');
    expect(alert).toHaveBeenLastCalledWith(
      expect.objectContaining({ message: expect.stringContaining('This session has made no request') as string }),
    );
    end.dispose();
  });

  it('explains to a subagent what its session has', async () => {
    const { tui, alert, end, open, choose } = setUp({
      client: { 'decision.list': () => Promise.resolve({ decisions: [decision({ sessionId: 'ses_0' })] }) },
    });
    await tui({ state: { session: { get: (id) => (id === 'ses_1' ? { parentID: 'ses_0' } : {}) } } });
    await open();
    await choose('Why this account');
    expect(alert).toHaveBeenLastCalledWith(
      expect.objectContaining({ message: expect.stringMatching(/^work, because it was its turn/) as string }),
    );
    end.dispose();
  });

  it('tells from its start on what the supervisor wants a person to know, and listens for what may cover it', async () => {
    const { tui, lines, toast, covers, end } = setUp();
    await tui();
    await vi.waitFor(() => expect(lines).toHaveLength(1), PATIENCE);
    const at = new Date().toISOString();
    const notice = { type: 'notice', at, title: 'work needs a login', message: 'Run: oma reauth work' } as const;
    lines[0]?.tell({ type: 'changed', at, topics: ['status'] });
    lines[0]?.tell({ ...notice, kind: 'needs-login' });
    const shown = {
      ...{ title: 'oma', variant: 'error', duration: 6_000 },
      message: 'work needs a login.\nType /oma to log in again.',
    };
    expect(toast.mock.calls).toEqual([[shown]]);
    expect(covers).toHaveLength(1);
    end.dispose();
  });
});
