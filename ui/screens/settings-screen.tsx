import './form.css';
import './settings-screen.css';

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { PartialSettings, SettingsView } from '../../contract/settings.ts';
import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import { Confirm } from '../components/confirm.tsx';
import { Problem } from '../components/problem.tsx';
import { Waiting } from '../components/waiting.tsx';
import { type Draft, draftChange, draftOf, draftProblems } from '../store/settings-draft.ts';
import { AdapterSection } from './adapter-section.tsx';
import { NoticeSection } from './notice-section.tsx';
import { Presets } from './settings-presets.tsx';
import { ProbeSection, RotationSection, ThresholdSection, WeightSection } from './settings-sections.tsx';

/** All settings: what is in force, where it comes from, what may be changed. */
export function SettingsScreen() {
  const { settings } = useApp();
  const view = settings.view.value;
  if (view === null) return <Waiting what="the settings" error={settings.error.value} onAgain={settings.refresh} />;
  return (
    <>
      <div class="screen-head">
        <h1>Settings</h1>
        <Reset />
      </div>
      <Presets view={view} />
      <Form key={settings.generation.value} view={view} />
    </>
  );
}

function Form({ view }: { readonly view: SettingsView }) {
  const { settings, accounts, notices } = useApp();
  const aliases = (accounts.list.value ?? []).map(({ alias }) => alias);
  const changes = useSignal<Partial<Draft>>({});
  const draft: Draft = { ...draftOf(view.settings, aliases), ...changes.value };
  const problems = draftProblems(draft);
  const isWrong = Object.keys(problems).length > 0;
  const change = isWrong ? {} : draftChange(draft, view.settings, aliases);
  const isDirty = isWrong || Object.keys(change).length > 0;
  const save = async (): Promise<void> => {
    if (!(await settings.saving.run(change))) return;
    changes.value = {};
    notices.tell('ok', 'Settings saved.');
  };
  const section = {
    view,
    draft,
    problems,
    set: (next: Partial<Draft>) => {
      settings.saving.dismiss();
      changes.value = { ...changes.value, ...next };
    },
  };
  return (
    <form
      class="form"
      noValidate
      aria-label="Settings"
      onSubmit={(event) => {
        event.preventDefault();
        if (isDirty && !isWrong) void save();
      }}
    >
      <RotationSection {...section} />
      <ThresholdSection {...section} />
      <WeightSection {...section} />
      <ProbeSection {...section} />
      <NoticeSection {...section} />
      <AdapterSection {...section} />
      <SaveBar {...{ isDirty, problems, change }} onDiscard={() => (changes.value = {})} />
    </form>
  );
}

interface SaveBarProps {
  readonly isDirty: boolean;
  readonly problems: Readonly<Record<string, string>>;
  readonly change: PartialSettings;
  readonly onDiscard: () => void;
}

function SaveBar({ isDirty, problems, change, onDiscard }: SaveBarProps) {
  const { settings } = useApp();
  const { phase, error, dismiss } = settings.saving;
  const said = Object.values(problems).join(' ');
  const isWrong = said !== '';
  const count = Object.keys(change).length;
  useEffect(() => {
    if (isDirty) uncover();
  }, [isDirty, said, error.value]);
  const words = isWrong
    ? 'Correct the marked fields first.'
    : isDirty
      ? `${count} ${count === 1 ? 'change' : 'changes'} not saved`
      : 'No changes to save.';
  return (
    <div class="save-bar panel" data-dirty={isDirty ? 'yes' : 'no'}>
      {error.value !== null && <Problem error={error.value} onDismiss={dismiss} />}
      <span role="status" class={isWrong ? 'field-problem' : 'mute'}>
        {words}
      </span>
      {isDirty && (
        <Button
          onClick={() => {
            dismiss();
            onDiscard();
          }}
        >
          Discard
        </Button>
      )}
      <Button kind="main" type="submit" isDisabled={!isDirty || isWrong} isBusy={phase.value === 'updating'}>
        Save
      </Button>
    </div>
  );
}

/** The bar comes up over the page: what is being typed, and what is said about it, must not end up below. */
function uncover(): void {
  const edited = document.activeElement;
  if (!(edited instanceof HTMLInputElement)) return;
  const described = edited.closest('[aria-describedby]');
  const said = document.getElementById(described?.getAttribute('aria-describedby') ?? '');
  for (const element of [said, edited]) element?.scrollIntoView({ block: 'nearest' });
}

function Reset() {
  const { settings, notices } = useApp();
  const isAsking = useSignal(false);
  const { phase, error, run, dismiss } = settings.resetting;
  const reset = async (): Promise<void> => {
    if (await run(null)) notices.tell('ok', 'Settings are back to their defaults.');
    isAsking.value = false;
  };
  return (
    <>
      <Button onClick={() => (isAsking.value = true)}>Reset to defaults…</Button>
      {error.value !== null && <Problem error={error.value} onDismiss={dismiss} />}
      {isAsking.value && (
        <Confirm
          title="Reset all settings?"
          action="Reset"
          isBusy={phase.value === 'updating'}
          onCancel={() => (isAsking.value = false)}
          onConfirm={() => void reset()}
        >
          <p>
            Every setting goes back to its default, weights included. Accounts, their state and a pin are not touched.
            What the environment or the configuration file holds stays.
          </p>
        </Confirm>
      )}
    </>
  );
}
