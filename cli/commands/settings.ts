import { OPERATIONS } from '../../contract/operations.ts';
import { partialSettingsSchema, presetSchema, type SettingName, type SettingsView } from '../../contract/settings.ts';
import { confirm } from '../ask.ts';
import { type Answer, command } from '../command.ts';
import { type Context, lookOf } from '../context.ts';
import { settingsText } from '../render/settings.ts';
import { table } from '../render/table.ts';
import { STARTING } from '../session.ts';
import { SETTING_NAMES, settingMeaning, settingName, settingValue } from '../setting-value.ts';
import { withSession } from '../with-session.ts';
import { checkParams } from './operation.ts';

const NAME = { name: 'NAME', summary: 'Name of the setting.', words: SETTING_NAMES } as const;

/** Shows settings with their origin. */
const get = command({
  name: 'settings get',
  summary: 'Shows the settings: value, where it comes from, and whether it is locked.',
  args: [{ name: '[NAME]', summary: 'Only this one.', words: SETTING_NAMES }],
  flags: {},
  uses: ['settings.get'],
  more: `Settings:\n${table(SETTING_NAMES.map((name) => [`  ${name}`, settingMeaning(name)]))}\n\nThe environment wins over the runtime configuration, that over what \`oma settings set\` wrote, that over the default.`,
  run: (context, input) => {
    const [typed] = input.args;
    const names = typed === undefined ? SETTING_NAMES : [settingName(typed)];
    return withSession(context, STARTING, async ({ client }) =>
      answer(context, await client['settings.get']({}), names),
    );
  },
});

const set = command({
  name: 'settings set',
  summary: 'Changes one setting.',
  args: [
    NAME,
    {
      name: 'VALUE…',
      summary:
        'Its new value; a list is written as words or with commas, `none` empties it, weights are written ALIAS=0.5.',
    },
  ],
  flags: {},
  uses: ['settings.update'],
  more: 'Examples:\n  oma settings set rotation-strategy least-used\n  oma settings set accountWeights work=0.7 home=0.3\n  oma settings set probeBackgroundSources none',
  run: (context, input) => {
    const [typed = '', ...words] = input.args;
    const name = settingName(typed);
    const change = checkParams(partialSettingsSchema, { [name]: settingValue(name, words) });
    return withSession(context, STARTING, async ({ client }) =>
      answer(context, await client['settings.update'](change), [name]),
    );
  },
});

const reset = command({
  name: 'settings reset',
  summary: 'Forgets every setting that was changed.',
  flags: { yes: { summary: 'Does not ask.', short: 'y' } },
  uses: ['settings.reset'],
  run: async (context, input) => {
    const agreed = input.has('yes') || (await confirm(context, 'Forget every changed setting?'));
    if (!agreed) return { json: { reset: false }, text: 'Nothing was changed.' };
    return withSession(context, STARTING, async ({ client }) =>
      answer(context, await client['settings.reset']({}), SETTING_NAMES),
    );
  },
});

const preset = command({
  name: 'settings preset',
  summary: 'Applies a preset of thresholds and weights.',
  args: [{ name: 'PRESET', summary: `${presetSchema.options.join(', ')}.`, words: presetSchema.options }],
  flags: {},
  uses: ['settings.preset'],
  run: (context, input) => {
    const params = checkParams(OPERATIONS['settings.preset'].params, { preset: input.args[0] });
    return withSession(context, STARTING, async ({ client }) =>
      answer(context, await client['settings.preset'](params), SETTING_NAMES),
    );
  },
});

/** Everything about settings. */
export const settingsCommands = [get, set, reset, preset] as const;

function answer(context: Context, view: SettingsView, names: readonly SettingName[]): Answer {
  const shown = names.length === 1 ? names : names.filter((name) => name in view.settings);
  return { json: view, text: settingsText(view, shown, lookOf(context)) };
}
