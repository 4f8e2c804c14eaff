import type { ComponentChildren } from 'preact';

import type { SettingsView } from '../../contract/settings.ts';
import { Icon } from '../components/icon.tsx';
import type { Draft, Problems } from '../store/settings-draft.ts';
import { ORIGINS, variableOf } from '../words.ts';

/** What every part of the form is given. */
export interface SectionProps {
  readonly view: SettingsView;
  readonly draft: Draft;
  readonly problems: Problems;
  readonly set: (change: Partial<Draft>) => void;
}

/** Says where a value comes from, and that it cannot be changed here when that is so. */
export function Origin({ view, name }: { readonly view: SettingsView; readonly name: string }) {
  const origin = view.origins[name] ?? 'default';
  if (view.locked.includes(name)) {
    return (
      <span class="origin origin-locked">
        <Icon name="lock" /> locked: set by the {ORIGINS[origin]}
        {origin === 'environment' && (
          <>
            , <code>{variableOf(name)}</code>
          </>
        )}
      </span>
    );
  }
  return <span class="origin">{ORIGINS[origin]}</span>;
}

export interface TextFieldProps extends SectionProps {
  readonly name:
    | 'criticalThreshold'
    | 'lowThreshold'
    | 'probeIntervalMinutes'
    | 'probeEffort'
    | 'probeModels'
    | 'dashboardHost'
    | 'notifyWebhookUrl'
    | 'notifyNtfyUrl';
  readonly label: string;
  readonly hint: string;
  readonly isNumber?: boolean;
  /** Shown only while it is edited. */
  readonly isSecret?: boolean;
  readonly unit?: string;
}

/** One value with its label, hint, origin and, at once, what is wrong with it. */
export function TextField(props: TextFieldProps) {
  const { view, draft, problems, set, name, label, hint, isNumber = false, isSecret = false, unit } = props;
  const problem = problems[name];
  return (
    <div class="field">
      <label for={`setting-${name}`}>{label}</label>
      <span class="field-line">
        <input
          id={`setting-${name}`}
          class={isNumber ? 'field-number' : isSecret ? 'field-secret' : undefined}
          inputMode={isNumber ? 'decimal' : undefined}
          autoComplete="off"
          spellcheck={false}
          disabled={view.locked.includes(name)}
          value={draft[name]}
          aria-invalid={problem !== undefined}
          aria-describedby={`setting-${name}-hint`}
          onInput={(event) => set({ [name]: event.currentTarget.value })}
        />
        {unit !== undefined && <span class="mute">{unit}</span>}
        <Origin view={view} name={name} />
      </span>
      <FieldHint id={`setting-${name}-hint`} hint={hint} problem={problem} />
    </div>
  );
}

/** The hint, or what is wrong instead of it. */
export function FieldHint({
  id,
  hint,
  problem,
}: {
  readonly id: string;
  readonly hint: ComponentChildren;
  readonly problem: string | undefined;
}) {
  return (
    <p
      id={id}
      class={problem === undefined ? 'field-hint' : 'field-problem'}
      role={problem === undefined ? undefined : 'alert'}
    >
      {problem ?? hint}
    </p>
  );
}
