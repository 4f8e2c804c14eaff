import type { Preset, SettingsView } from '../../contract/settings.ts';
import { useApp } from '../app-context.ts';
import { Problem } from '../components/problem.tsx';

const PRESETS: Readonly<Record<Preset, { readonly name: string; readonly meaning: string }>> = {
  conservative: { name: 'Conservative', meaning: 'Low thresholds, 5 / 20: stays on an account for long.' },
  balanced: { name: 'Balanced', meaning: 'Equal weights, 10 / 30.' },
  aggressive: { name: 'Aggressive', meaning: 'High thresholds, 20 / 40: leaves an account early.' },
};

const NAMES = ['conservative', 'balanced', 'aggressive'] as const satisfies readonly Preset[];

/** Thresholds and weights in one step; takes effect at once. */
export function Presets({ view }: { readonly view: SettingsView }) {
  const { settings } = useApp();
  const { phase, error, run, dismiss } = settings.presetting;
  return (
    <section class="panel section" aria-labelledby="presets">
      <h2 id="presets">Presets</h2>
      <div class="choices" role="group" aria-labelledby="presets">
        {NAMES.map((preset) => (
          <button
            key={preset}
            type="button"
            class="choice preset"
            aria-pressed={view.preset === preset}
            aria-disabled={phase.value === 'updating'}
            onClick={() => void run(preset)}
          >
            <span>
              <strong>{PRESETS[preset].name}</strong>
              <span class="field-hint">{PRESETS[preset].meaning}</span>
            </span>
          </button>
        ))}
      </div>
      <p class="field-hint" role="status">
        {view.preset === null
          ? 'Your own thresholds and weights are in force.'
          : `${PRESETS[view.preset].name} is in force.`}
      </p>
      {error.value !== null && <Problem error={error.value} onDismiss={dismiss} />}
    </section>
  );
}
