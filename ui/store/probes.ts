import { type ReadonlySignal, signal } from '@preact/signals';

import type { ProbeRunView } from '../../contract/probe.ts';
import type { Api } from '../api.ts';
import { createMutation, createMutations, type Mutation } from '../mutation.ts';

type Item = ProbeRunView['items'][number];

/** How long the page asks about a run it started, in milliseconds; a probe of many accounts may take minutes. */
const FOLLOW_EVERY_MS = 1_500;
const FOLLOWS_MAX = 400;

/** Probes this page started, and how each account stands in them. */
export interface Probes {
  readonly one: (alias: string) => Mutation<null>;
  readonly all: Mutation<null>;
  /** The account's part of the run that was started last. */
  readonly item: (alias: string) => Item | null;
  /** Finished and wanted, while a run of all is under way. */
  readonly progress: ReadonlySignal<{ readonly done: number; readonly total: number } | null>;
  readonly onEvent: (event: { alias: string; state: Item['state']; message: string }) => void;
}

/** Creates the probes store. Shape: `wait` resolves after the given time. */
export function createProbes(api: Api, wait: (ms: number) => Promise<void>, changed: () => void): Probes {
  const items = signal<ReadonlyMap<string, Item>>(new Map());
  const progress = signal<{ done: number; total: number } | null>(null);
  const put = (fresh: readonly Item[]): void => {
    items.value = new Map([...items.peek(), ...fresh.map((item) => [item.alias, item] as const)]);
  };
  const follow = async (run: ProbeRunView, tell: (run: ProbeRunView) => void): Promise<void> => {
    let current = run;
    for (let times = 0; times < FOLLOWS_MAX; times += 1) {
      put(current.items);
      tell(current);
      if (current.finishedAt !== null) break;
      await wait(FOLLOW_EVERY_MS);
      current = await api.call('probe.get', { probeId: current.probeId });
    }
    changed();
  };
  return {
    one: createMutations<null>(async (alias) => follow(await api.call('probe.start', { alias }), () => undefined)),
    all: createMutation<null>(async () => {
      try {
        await follow(await api.call('probe.start', {}), (run) => {
          progress.value = { done: run.items.filter(isOver).length, total: run.items.length };
        });
      } finally {
        progress.value = null;
      }
    }),
    item: (alias) => items.value.get(alias) ?? null,
    progress,
    onEvent: ({ alias, state, message }) => {
      const known = items.peek().get(alias);
      put([{ source: null, attempts: [], ...known, alias, state, message }]);
    },
  };
}

function isOver({ state }: Item): boolean {
  return state !== 'queued' && state !== 'running';
}
