import type { AccountView } from '../../contract/account.ts';
import type { WindowView } from '../../contract/limits.ts';
import { useApp } from '../app-context.ts';
import { Lazy } from '../components/lazy.tsx';
import { barName, LimitBar } from '../components/limit-bar.tsx';
import { type Forecast, samplesOf } from '../forecast.ts';
import { clockTime } from '../format.ts';

/** One window: what is left, how it went, how it will go. */
export function WindowCard({ account, window }: { readonly account: AccountView; readonly window: WindowView }) {
  const { history } = useApp();
  const { alias } = account;
  const entries = history.of(alias).value.value;
  const samples = entries === null ? [] : samplesOf(entries, window.limitId, window.durationMinutes);
  const forecast = history.forecastOf(alias, window);
  return (
    <div class="window-card">
      <LimitBar window={window} owner={alias} />
      {forecast !== null && <Runway forecast={forecast} />}
      {samples.length > 1 && (
        <Lazy
          load={async () => (await import('../charts/limit-chart.tsx')).LimitChart}
          props={{ samples, name: barName(window), owner: alias, forecast }}
          meanwhile={(state) => (
            <p class="mute">{state === 'loading' ? 'Drawing the history…' : 'The chart could not be loaded.'}</p>
          )}
        />
      )}
    </div>
  );
}

/** The forecast in a sentence that says how sure it is. */
function Runway({ forecast }: { readonly forecast: Forecast }) {
  const { now } = useApp();
  return (
    <p class="runway">
      <span class="mute">Estimate:</span> <span>{runwayWords(forecast, now.value)}</span>
    </p>
  );
}

/** Says a forecast. */
export function runwayWords(forecast: Forecast, now: number): string {
  switch (forecast.kind) {
    case 'not-enough-data':
      return 'not enough data yet for a forecast.';
    case 'idle':
      return 'not used of late; it lasts.';
    case 'lasts':
      return `at ${forecast.percentPerHour.toFixed(1)} % an hour it lasts until the reset.`;
    case 'dry': {
      const latest = forecast.to === null ? 'not before the reset' : clockTime(forecast.to, now);
      return `at ${forecast.percentPerHour.toFixed(1)} % an hour dry at ${clockTime(forecast.at, now)} (between ${clockTime(forecast.from, now)} and ${latest}).`;
    }
  }
}
