import type { Status } from '../../contract/status.ts';
import type { OpenAiLogin } from '../opencode-auth.ts';
import type { Change, Installation, Installed } from '../opencode-plugin.ts';
import { diffText } from './diff.ts';
import type { Paint } from './paint.ts';
import { plain } from './plain.ts';
import { indent, table } from './table.ts';

/** How the plugin stands. Shape: `connected` null means that no supervisor runs. */
export interface PluginView {
  readonly installed: Installed | null;
  /** `/oma` and the status line in OpenCode's terminal. */
  readonly terminal: Installed | null;
  readonly built: boolean;
  readonly login: OpenAiLogin;
  readonly connected: Status['clients'] | null;
}

const REAL_LOGIN =
  'OpenCode has a login of its own for OpenAI, which oma leaves alone. Bring it into oma with `oma import opencode`, so that only oma refreshes it.';

/** Writes that the plugin is installed, and what to do next. */
export function installText({ file, terminalFile, login, changes, warnings }: Installation, paint: Paint): string {
  const done = changes.length === 0 ? `The plugin is installed already: ${file}` : `The plugin is installed: ${file}`;
  const logins =
    login === 'login'
      ? [paint('yellow', REAL_LOGIN)]
      : login === 'none'
        ? ['OpenCode had no login for OpenAI; a placeholder stands there now, which is no secret.']
        : [];
  const next =
    changes.length === 0 ? [] : ['Restart OpenCode if it runs. Then: opencode run "hello" --model openai/gpt-5.5'];
  return [
    paint('green', plain(done)),
    `With /oma and its status line in the terminal: ${plain(terminalFile)}`,
    ...logins,
    ...warnings.map((warning) => paint('yellow', plain(warning))),
    ...next,
  ].join('\n');
}

/** Writes that the plugin is gone. */
export function uninstallText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'The plugin is not installed there; nothing was changed.';
  return [
    `The plugin is taken out: ${changes.map(({ file }) => plain(file)).join(', ')}`,
    'Restart OpenCode if it runs.',
  ].join('\n');
}

/** Writes what would change; of files with secrets only that they would. */
export function dryRunText(changes: readonly Change[], paint: Paint): string {
  if (changes.length === 0) return 'Nothing would change.';
  const parts = changes.map(({ file, before, after, isSecret }) =>
    isSecret
      ? `Only the placeholder login would change in ${plain(file)}`
      : `${verbFor(before, after)}: ${plain(file)}\n${indent(diffText(before ?? '', after ?? '', paint))}`,
  );
  return parts.join('\n\n');
}

function verbFor(before: string | null, after: string | null): string {
  if (before === null) return 'Would be made';
  return after === null ? 'Would be removed' : 'Would change';
}

/** Writes how the plugin stands. */
export function pluginStatusText(view: PluginView, paint: Paint): string {
  const { installed, terminal, built, login, connected } = view;
  const rows = [
    ['Installed', installedText(installed, paint)],
    ['Terminal (/oma)', installedText(terminal, paint)],
    ['Program', built ? 'there' : paint('red', 'missing; reinstall oma')],
    ['Login', LOGINS[login]],
    ['Connected', connectedText(connected)],
  ];
  return table(rows.map(([name = '', value = '']) => [paint('dim', name), value]));
}

function installedText(installed: Installed | null, paint: Paint): string {
  if (installed === null) return paint('yellow', 'no; `oma plugin install` does it');
  const other = installed.isThisOma ? '' : paint('yellow', ', but another oma; `oma plugin install` names this one');
  return `${plain(installed.file)}${other}`;
}

const LOGINS = {
  none: 'none, so OpenCode does not ask oma; `oma plugin install` writes a placeholder',
  placeholder: "oma's placeholder",
  login: 'a real one; `oma import opencode` brings it into oma',
} as const satisfies Record<OpenAiLogin, string>;

function connectedText(connected: PluginView['connected']): string {
  if (connected === null) return 'no supervisor is running; OpenCode starts it with the first request';
  if (connected.length === 0) return 'nobody now; OpenCode connects with its first request';
  return connected.map(({ pid, host }) => `${plain(host ?? 'unknown')} (pid ${String(pid)})`).join(', ');
}
