import type { SettingName, Settings, SettingsView } from '../../contract/settings.ts';
import { plain } from './plain.ts';
import type { ViewLook } from './status.ts';
import { table } from './table.ts';

/** Writes the settings as a table of name, value and origin. */
export function settingsText(view: SettingsView, names: readonly SettingName[], { paint }: ViewLook): string {
  const head = ['SETTING', 'VALUE', 'FROM'].map((title) => paint('dim', title));
  const rows = names.map((name) => {
    const value = view.settings[name];
    if (value === undefined) return [paint('bold', name), paint('dim', 'not shown while its adapter is off')];
    const origin = view.origins[name] ?? 'default';
    const locked = view.locked.includes(name) ? ', locked' : '';
    return [paint('bold', name), valueText(value), paint(origin === 'default' ? 'dim' : 'cyan', origin + locked)];
  });
  const preset = view.preset === null ? [] : ['', `These values equal the preset ${view.preset}.`];
  return [table([head, ...rows]), ...(names.length > 1 ? preset : [])].join('\n');
}

function valueText(value: Settings[SettingName]): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : plain(value.join(', '));
  if (value === '') return 'none';
  if (typeof value !== 'object') return plain(String(value));
  const pairs = Object.entries(value).map(([name, entry]) => `${name}=${String(entry)}`);
  return pairs.length === 0 ? 'none' : plain(pairs.join(' '));
}
