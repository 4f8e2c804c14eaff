import { useShown } from '../components/who.tsx';
import type { SectionProps } from '../screens/setting-field.tsx';
import { SettingSwitch } from '../screens/setting-switch.tsx';

/** The switch of the adapter, and while it is on, the accounts that are kept for it. */
export function AntigravitySettings({ view, draft, set }: SectionProps) {
  return (
    <>
      <SettingSwitch
        {...{ view, name: 'antigravityEnabled', isOn: draft.antigravityEnabled }}
        label="Antigravity quotas"
        hint="Reads the quotas of the antigravity plugin, if you use it. Off by default."
        onToggle={(antigravityEnabled) => set({ antigravityEnabled })}
      />
      {view.settings.antigravityEnabled === true && (
        <ReservedChoice
          aliases={Object.keys(draft.accountWeights)}
          chosen={draft.antigravityReserved}
          isLocked={view.locked.includes('antigravityReserved')}
          onChoose={(antigravityReserved) => set({ antigravityReserved })}
        />
      )}
    </>
  );
}

interface ReservedChoiceProps {
  readonly aliases: readonly string[];
  readonly chosen: readonly string[];
  readonly isLocked: boolean;
  readonly onChoose: (chosen: readonly string[]) => void;
}

/** Accounts that oma leaves to antigravity while the flag is on. */
function ReservedChoice({ aliases, chosen, isLocked, onChoose }: ReservedChoiceProps) {
  const shown = useShown();
  return (
    <fieldset class="choices" disabled={isLocked}>
      <legend>Kept for antigravity</legend>
      {aliases.map((alias) => (
        <label key={alias} class="choice">
          <input
            type="checkbox"
            checked={chosen.includes(alias)}
            onChange={(event) => {
              const others = chosen.filter((known) => known !== alias);
              onChoose(event.currentTarget.checked ? [...others, alias] : others);
            }}
          />
          <span>{shown(alias)}</span>
        </label>
      ))}
    </fieldset>
  );
}
