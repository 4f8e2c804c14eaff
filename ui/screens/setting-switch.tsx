import { Switch } from '../components/switch.tsx';
import { Origin, type SectionProps } from './setting-field.tsx';

interface SettingSwitchProps {
  readonly view: SectionProps['view'];
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly isOn: boolean;
  readonly onToggle: (wanted: boolean) => void;
}

/** A setting that is on or off; saved with the others. */
export function SettingSwitch({ view, name, label, hint, isOn, onToggle }: SettingSwitchProps) {
  return (
    <div class="setting-switch">
      <Switch
        label={label}
        describedBy={`setting-${name}-hint`}
        isOn={isOn}
        state={isOn ? 'on' : 'off'}
        isLocked={view.locked.includes(name)}
        onToggle={onToggle}
      />
      <div>
        <strong>{label}</strong> <Origin view={view} name={name} />
        <p id={`setting-${name}-hint`} class="field-hint">
          {hint}
        </p>
      </div>
    </div>
  );
}
