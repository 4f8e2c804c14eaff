import './form.css';

import { type Signal, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';

import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import { Problem } from '../components/problem.tsx';
import { useShown } from '../components/who.tsx';
import { createMutation } from '../mutation.ts';
import type { Answer } from '../routes.ts';

type Source = 'everywhere' | 'codex' | 'upstream' | 'oc-codex-multi-auth' | 'opencode' | 'file';
type Result = Answer<'account.import'>;

const SOURCES: readonly { readonly source: Source; readonly name: string; readonly meaning: string }[] = [
  { source: 'everywhere', name: 'This machine', meaning: 'All logins that the programs below hold here.' },
  { source: 'codex', name: 'codex', meaning: 'The login of the codex program on this machine.' },
  { source: 'upstream', name: 'opencode-multi-auth-codex', meaning: 'All accounts of the plugin that oma replaces.' },
  {
    source: 'oc-codex-multi-auth',
    name: 'oc-codex-multi-auth',
    meaning: 'All accounts of that plugin, those of its projects included.',
  },
  { source: 'opencode', name: 'OpenCode', meaning: 'The ChatGPT login that OpenCode holds.' },
  { source: 'file', name: 'A file', meaning: 'Any of these formats, by its path on this machine.' },
];

/** Takes over logins that exist. Why the check first: a login that two tools share is refused to one of them sooner or later, so nobody should import by accident. */
export function ImportForm() {
  const { api, accounts } = useApp();
  const source = useSignal<Source>('everywhere');
  const path = useSignal('');
  const passphrase = useSignal('');
  const result = useSignal<Result | null>(null);
  const importing = useMemo(
    () =>
      createMutation(async (dryRun: boolean) => {
        result.value = await api.call('account.import', {
          source: source.value,
          dryRun,
          ...(source.value === 'file' ? { path: path.value } : {}),
          ...(passphrase.value === '' ? {} : { passphrase: passphrase.value }),
        });
        if (dryRun) return;
        passphrase.value = '';
        await accounts.refresh();
      }),
    [],
  );
  const { error, phase, run, dismiss } = importing;
  return (
    <form class="form" noValidate onSubmit={(event) => event.preventDefault()}>
      <SourceChoice
        chosen={source.value}
        onChoose={(wanted) => {
          source.value = wanted;
          passphrase.value = '';
          result.value = null;
          dismiss();
        }}
      />
      {source.value === 'file' && (
        <Field id="import-path" label="Path of the file" value={path} onInput={() => (result.value = null)} />
      )}
      {(passphrase.value !== '' || PASSPHRASE_CODES.includes(error.value?.code ?? '')) && (
        <Field id="import-passphrase" label="Passphrase of the file" isSecret value={passphrase} />
      )}
      {error.value !== null && <Problem error={error.value} onDismiss={dismiss} />}
      {result.value !== null && <ImportResult result={result.value} />}
      <Actions
        isChecked={result.value !== null}
        isBusy={phase.value === 'updating'}
        isDisabled={source.value === 'file' && path.value.trim() === ''}
        onImport={(dryRun) => void run(dryRun)}
      />
    </form>
  );
}

/** Says that a file is encrypted. */
const PASSPHRASE_CODES: readonly string[] = ['STORE_PASSPHRASE_REQUIRED', 'STORE_PASSPHRASE_WRONG'];

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly isSecret?: boolean;
  readonly value: Signal<string>;
  readonly onInput?: () => void;
}

function Field({ id, label, isSecret = false, value, onInput }: FieldProps) {
  const field = {
    id,
    value,
    autoComplete: 'off',
    spellcheck: false,
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => {
      value.value = event.currentTarget.value;
      onInput?.();
    },
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {isSecret ? <input type="password" {...field} /> : <input type="text" {...field} />}
    </div>
  );
}

interface ActionsProps {
  readonly isChecked: boolean;
  readonly isBusy: boolean;
  readonly isDisabled: boolean;
  readonly onImport: (dryRun: boolean) => void;
}

/** Leads from the check to the import. */
function Actions({ isChecked, isBusy, isDisabled, onImport }: ActionsProps) {
  return (
    <div class="form-actions">
      <Button kind={isChecked ? 'plain' : 'main'} {...{ isBusy, isDisabled }} onClick={() => onImport(true)}>
        Check first
      </Button>
      <Button kind={isChecked ? 'main' : 'plain'} {...{ isBusy, isDisabled }} onClick={() => onImport(false)}>
        Import
      </Button>
    </div>
  );
}

function SourceChoice({ chosen, onChoose }: { readonly chosen: Source; readonly onChoose: (source: Source) => void }) {
  return (
    <fieldset class="choices">
      <legend>Where from</legend>
      {SOURCES.map(({ source, name, meaning }) => (
        <label key={source} class="choice">
          <input type="radio" name="import-source" checked={chosen === source} onChange={() => onChoose(source)} />
          <span>
            <strong>{name}</strong>
            <span class="field-hint">{meaning}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function ImportResult({ result }: { readonly result: Result }) {
  const shown = useShown();
  const { dryRun, imported, updated, skipped, warnings } = result;
  return (
    <div role="status">
      <ul>
        {imported.map(({ alias }) => (
          <li key={alias}>
            <strong>{shown(alias)}</strong> {dryRun ? 'would be imported' : 'was imported'}
          </li>
        ))}
        {updated.map(({ alias, because }, index) => (
          <li key={index}>
            <strong>{shown(alias)}</strong> {dryRun ? 'would be updated' : 'was updated'}: {shown(because)}
          </li>
        ))}
        {skipped.map(({ name, because }, index) => (
          <li key={index}>
            {shown(name)} {dryRun ? 'would be left out' : 'was left out'}: {shown(because)}
          </li>
        ))}
      </ul>
      {warnings.map((warning) => (
        <p key={warning} class="field-hint">
          {shown(warning)}
        </p>
      ))}
    </div>
  );
}
