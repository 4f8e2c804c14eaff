import type { ReadonlySignal } from '@preact/signals';
import { computed } from '@preact/signals';

import type { AccountView } from '../../contract/account.ts';
import type { HistoryEntry, WindowView } from '../../contract/limits.ts';
import type { Api } from '../api.ts';
import { type Forecast, forecast, samplesOf } from '../forecast.ts';
import { createResource, type Resource } from './resource.ts';

/** The histories of this many accounts are read for the overview, those with least left. Why: a forecast for 200 would cost 200 reads. */
const WATCHED_MAX = 12;

/** The window that runs dry first, by estimate. */
export interface FirstDry {
  readonly alias: string;
  readonly window: WindowView;
  readonly forecast: Extract<Forecast, { kind: 'dry' }>;
}

/** What the histories say of the pool: what runs dry first; that no window of those with enough data does; or that nobody can say. Shape: `leftOut` enabled accounts have more left than those looked at, or no history. */
export type Outlook =
  | ({ readonly kind: 'dry'; readonly leftOut: number } & FirstDry)
  | { readonly kind: 'lasts'; readonly known: number; readonly windows: number; readonly leftOut: number }
  | { readonly kind: 'not-enough-data' };

/** Histories of limits, read when somebody looks. */
export interface History {
  readonly of: (alias: string) => Resource<readonly HistoryEntry[]>;
  readonly forecastOf: (alias: string, window: WindowView) => Forecast | null;
  readonly outlook: ReadonlySignal<Outlook>;
  /** Reads the histories that the overview needs and whose accounts were probed since. */
  readonly follow: (accounts: readonly AccountView[]) => void;
}

/** Creates the histories. */
export function createHistory(
  api: Api,
  accounts: ReadonlySignal<readonly AccountView[] | null>,
  now: ReadonlySignal<number>,
): History {
  const made = new Map<string, Resource<readonly HistoryEntry[]>>();
  const seen = new Map<string, string | null>();
  const of = (alias: string): Resource<readonly HistoryEntry[]> => {
    const known = made.get(alias);
    if (known !== undefined) return known;
    const resource = createResource<readonly HistoryEntry[]>(
      async () => (await api.call('account.history', { alias })).entries,
    );
    made.set(alias, resource);
    return resource;
  };
  // A forecast moves in minutes; computing it every second would be idle work.
  const minute = computed(() => Math.floor(now.value / 60_000) * 60_000);
  const forecastOf = (alias: string, window: WindowView): Forecast | null => {
    const entries = of(alias).value.value;
    if (entries === null) return null;
    return forecast(samplesOf(entries, window.limitId, window.durationMinutes), minute.value);
  };
  return {
    of,
    forecastOf,
    outlook: computed(() => {
      const enabled = (accounts.value ?? []).filter((account) => account.enabled);
      const looked = watched(enabled);
      const found = looked.flatMap(({ alias, windows }) =>
        windows.map((window) => ({ alias, window, forecast: forecastOf(alias, window) })),
      );
      const leftOut = enabled.length - looked.length;
      const [first] = found.filter(isDry).sort((a, b) => a.forecast.at - b.forecast.at);
      if (first !== undefined) return { kind: 'dry', leftOut, ...first };
      const known = found.filter(({ forecast }) => forecast?.kind === 'lasts' || forecast?.kind === 'idle').length;
      return known === 0 ? { kind: 'not-enough-data' } : { kind: 'lasts', known, windows: found.length, leftOut };
    }),
    follow: (list) => {
      for (const { alias, lastLimitProbeAt } of watched(list)) {
        if (seen.get(alias) === lastLimitProbeAt && seen.has(alias)) continue;
        seen.set(alias, lastLimitProbeAt);
        void of(alias).refresh();
      }
    },
  };
}

function isDry(found: {
  readonly alias: string;
  readonly window: WindowView;
  readonly forecast: Forecast | null;
}): found is FirstDry {
  return found.forecast?.kind === 'dry';
}

function watched(accounts: readonly AccountView[]): readonly AccountView[] {
  return accounts
    .filter((account) => account.enabled && account.rateLimitHistoryLength > 0)
    .sort((a, b) => tightest(a) - tightest(b))
    .slice(0, WATCHED_MAX);
}

/** What is left in the tightest window that is known; 101 when none is. */
export function tightest({ windows }: AccountView): number {
  return Math.min(
    101,
    ...windows.flatMap(({ remainingPercent }) => (remainingPercent === null ? [] : [remainingPercent])),
  );
}
