import { useShown } from '../components/who.tsx';

export interface ReservedChoiceProps {
  readonly aliases: readonly string[];
  readonly chosen: readonly string[];
  readonly isLocked: boolean;
  readonly onChoose: (chosen: readonly string[]) => void;
}

/** Accounts that oma leaves to antigravity while the flag is on. */
export function ReservedChoice({ aliases, chosen, isLocked, onChoose }: ReservedChoiceProps) {
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
