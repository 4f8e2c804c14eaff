import type { Strategy } from '../../contract/settings.ts';
import { useShown } from '../components/who.tsx';
import { STRATEGIES } from '../words.ts';
import { FieldHint, Origin, type SectionProps, TextField } from './setting-field.tsx';
import { Sources } from './setting-sources.tsx';
import { SettingSwitch } from './setting-switch.tsx';

const STRATEGY_ORDER = [
  'round-robin',
  'least-used',
  'random',
  'weighted-round-robin',
] as const satisfies readonly Strategy[];

/** How an account is chosen. */
export function RotationSection({ view, draft, set }: SectionProps) {
  const isLocked = view.locked.includes('rotationStrategy');
  return (
    <section class="panel section setting" aria-labelledby="rotation">
      <h2 id="rotation">Rotation</h2>
      <fieldset class="choices" disabled={isLocked}>
        <legend>
          Strategy <Origin view={view} name="rotationStrategy" />
        </legend>
        {STRATEGY_ORDER.map((strategy) => (
          <label key={strategy} class="choice">
            <input
              type="radio"
              name="strategy"
              checked={draft.rotationStrategy === strategy}
              onChange={() => set({ rotationStrategy: strategy })}
            />
            <span>
              <strong>{STRATEGIES[strategy].name}</strong>
              <span class="field-hint">{STRATEGIES[strategy].meaning}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <SettingSwitch
        {...{ view, name: 'sessionAffinity', isOn: draft.sessionAffinity }}
        label="Keep a conversation on its account"
        hint="Moving a conversation throws its prompt cache away."
        onToggle={(sessionAffinity) => set({ sessionAffinity })}
      />
    </section>
  );
}

/** When an account counts as low, and when it is only the last resort. */
export function ThresholdSection(props: SectionProps) {
  return (
    <section class="panel section setting" aria-labelledby="thresholds">
      <h2 id="thresholds">Thresholds</h2>
      <div class="setting-pair">
        <TextField
          {...props}
          name="criticalThreshold"
          label="Critical threshold"
          unit="% left"
          isNumber
          hint="Below it an account serves only if no better one can."
        />
        <TextField
          {...props}
          name="lowThreshold"
          label="Low threshold"
          unit="% left"
          isNumber
          hint="Below it an account is shown as low."
        />
      </div>
    </section>
  );
}

/** Each account's share. */
export function WeightSection({ view, draft, problems, set }: SectionProps) {
  const shown = useShown();
  const aliases = Object.keys(draft.accountWeights);
  if (aliases.length === 0) return null;
  return (
    <section class="panel section setting" aria-labelledby="weights">
      <h2 id="weights">
        Weights <Origin view={view} name="accountWeights" />
      </h2>
      <p class="field-hint">
        Above 0, at most 1.{' '}
        {draft.rotationStrategy === 'weighted-round-robin'
          ? 'In force.'
          : 'They count only with the strategy “Weighted”.'}
      </p>
      <div class="weights">
        {aliases.map((alias) => {
          const problem = problems[`weight:${alias}`];
          return (
            <div key={alias} class="field">
              <label for={`weight-${alias}`}>{shown(alias)}</label>
              <input
                id={`weight-${alias}`}
                class="field-number"
                inputMode="decimal"
                autoComplete="off"
                aria-label={`Weight of ${shown(alias)}`}
                disabled={view.locked.includes('accountWeights')}
                value={draft.accountWeights[alias]}
                aria-invalid={problem !== undefined}
                aria-describedby={problem === undefined ? undefined : `weight-${alias}-hint`}
                onInput={(event) =>
                  set({ accountWeights: { ...draft.accountWeights, [alias]: event.currentTarget.value } })
                }
              />
              {problem !== undefined && <FieldHint id={`weight-${alias}-hint`} hint="" problem={problem} />}
            </div>
          );
        })}
      </div>
    </section>
  );
}

/** How limits are found out. */
export function ProbeSection(props: SectionProps) {
  const { view, draft, problems, set } = props;
  return (
    <section class="panel section setting" aria-labelledby="probing">
      <h2 id="probing">Probing</h2>
      <Sources
        {...{
          view,
          name: 'probeSources',
          label: 'When you ask',
          chosen: draft.probeSources,
          problem: problems['probeSources'],
        }}
        onChoose={(probeSources) => set({ probeSources })}
      />
      <Sources
        {...{
          view,
          name: 'probeBackgroundSources',
          label: 'On schedule',
          chosen: draft.probeBackgroundSources,
          problem: undefined,
        }}
        onChoose={(probeBackgroundSources) => set({ probeBackgroundSources })}
      />
      <div class="setting-pair">
        <TextField
          {...props}
          name="probeIntervalMinutes"
          label="Schedule"
          unit="minutes"
          isNumber
          hint="Between two scheduled probes of an account."
        />
        <TextField
          {...props}
          name="probeEffort"
          label="Effort of codex exec"
          hint="Reasoning effort; low costs least."
        />
      </div>
      <TextField
        {...props}
        name="probeModels"
        label="Models of codex exec"
        hint="Tried in this order, with commas between."
      />
      <TextField
        {...props}
        name="dashboardHost"
        label="Address of this dashboard"
        hint="Loopback only; takes effect at the next start."
      />
    </section>
  );
}
