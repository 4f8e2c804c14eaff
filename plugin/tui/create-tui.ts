import { pluginOptionsSchema } from '../../contract/opencode.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import type { LineFinder } from '../start.ts';
import type { Wait } from '../wait.ts';
import { openMenu } from './dialogs.ts';
import type { Screen, TuiHost } from './host.ts';
import { createPool, type PoolView } from './pool.ts';
import { draw } from './screen.ts';
import { createToasts } from './toasts.ts';
import type { Seen } from './views.ts';

/** What the terminal plugin needs of its process. */
export interface TuiDeps {
  readonly findLine: LineFinder;
  readonly loadScreen: () => Promise<Screen>;
  readonly now: () => EpochMs;
  readonly random: () => number;
  readonly wait: Wait;
  /** Writes to the terminal as it is. */
  readonly write: (bytes: string) => unknown;
}

/** OpenCode's entry for its terminal interface. */
export type Tui = (host: TuiHost, options?: unknown) => Promise<void>;

/**
 * Makes the entry that OpenCode's terminal interface calls.
 * Why: a plugin that throws or waits here keeps OpenCode from starting, so it connects behind its back, and whatever
 * a newer OpenCode may lack costs that part only.
 */
export function createTui(deps: TuiDeps): Tui {
  return async (host, options) => {
    let show: (view: PoolView | null) => unknown = () => undefined;
    const start = pluginOptionsSchema.partial().safeParse(options).data ?? {};
    const toasts = createToasts(host, { ...deps, attempt });
    const pool = createPool({
      ...deps,
      connect: (mayStart) => deps.findLine({ ...start, host: `opencode ${host.app.version}`, kind: 'tui', mayStart }),
      onChange: (view) => void show(view),
      onNotice: toasts.tell,
    });
    attempt(() => {
      host.keymap.registerLayer({
        commands: [
          {
            ...{ namespace: 'palette', name: 'oma.menu', slashName: 'oma', category: 'oma' },
            title: 'Accounts (oma)',
            desc: 'Accounts: add, force, enable, log in again, probe, why',
            run: () => openMenu({ ...deps, host, pool, toasts }),
          },
        ],
        bindings: [],
      });
    });
    const screen = await deps.loadScreen().catch(() => null);
    if (screen !== null)
      attempt(() => {
        const [view, setView] = screen.createSignal<Seen>(undefined);
        show = setView;
        draw(host, screen, { view, now: deps.now });
      });
    const end = new AbortController();
    attempt(() => host.lifecycle.onDispose(() => end.abort()));
    void pool.follow(end.signal);
  };
}

function attempt(part: () => unknown): void {
  try {
    part();
  } catch {
    // This OpenCode has no such part.
  }
}
