import type { ProbeSource } from '../../contract/limits.ts';
import { SOURCES } from '../words.ts';
import { FieldHint, Origin, type SectionProps } from './setting-field.tsx';

const SOURCE_ORDER = ['codex-exec', 'codex-app-server', 'usage-endpoint'] as const satisfies readonly ProbeSource[];

interface SourcesProps {
  readonly view: SectionProps['view'];
  readonly name: 'probeSources' | 'probeBackgroundSources';
  readonly label: string;
  readonly chosen: readonly ProbeSource[];
  readonly problem: string | undefined;
  readonly onChoose: (chosen: ProbeSource[]) => void;
}

/** Which sources are asked; always in the order from the surest to the cheapest. */
export function Sources({ view, name, label, chosen, problem, onChoose }: SourcesProps) {
  return (
    <fieldset class="choices" disabled={view.locked.includes(name)} aria-describedby={`setting-${name}-hint`}>
      <legend>
        {label} <Origin view={view} name={name} />
      </legend>
      {SOURCE_ORDER.map((source) => (
        <label key={source} class="choice">
          <input
            type="checkbox"
            checked={chosen.includes(source)}
            onChange={(event) => {
              const isWanted = event.currentTarget.checked;
              onChoose(SOURCE_ORDER.filter((known) => (known === source ? isWanted : chosen.includes(known))));
            }}
          />
          <span>
            <strong>{SOURCES[source].name}</strong>
            <span class="field-hint">{SOURCES[source].meaning}</span>
          </span>
        </label>
      ))}
      {problem !== undefined && <FieldHint id={`setting-${name}-hint`} hint="" problem={problem} />}
    </fieldset>
  );
}
