import type { CallContext } from '../../contract/operation.ts';
import type { PartialSettings, Preset, SettingsView } from '../../contract/settings.ts';
import { applyPreset, type Effective, resetSettings, updateSettings } from '../core/settings.ts';
import type { State } from '../core/state.ts';
import { isoTime } from '../core/time.ts';
import { settingsView } from '../core/view.ts';
import type { Audit } from './audit.ts';
import type { Context } from './context.ts';

/** What the settings operations share. */
export interface SettingsDeps {
  readonly context: Context;
  readonly audit: Audit;
}

/** Shows the settings in force. */
export function getSettings({ context }: SettingsDeps): SettingsView {
  return settingsView(context.store.read(), context.settings.effective(), context.settings.layers());
}

/** Changes settings, all or none. */
export function changeSettings(deps: SettingsDeps, values: PartialSettings, call: CallContext): Promise<SettingsView> {
  return commit(deps, call, {
    action: 'settings.update',
    change: (state, now) =>
      updateSettings(state, { values, actor: call.actor, layers: deps.context.settings.layers() }, now),
  });
}

/** Forgets every persisted setting. */
export function forgetSettings(deps: SettingsDeps, call: CallContext): Promise<SettingsView> {
  return commit(deps, call, {
    action: 'settings.reset',
    change: (state, now) => resetSettings(state, { actor: call.actor, layers: deps.context.settings.layers() }, now),
  });
}

/** Applies a preset. */
export function usePreset(deps: SettingsDeps, preset: Preset, call: CallContext): Promise<SettingsView> {
  return commit(deps, call, {
    action: 'settings.preset',
    change: (state, now) =>
      applyPreset(state, { preset, actor: call.actor, layers: deps.context.settings.layers() }, now),
  });
}

interface Change {
  readonly action: string;
  readonly change: (state: State, now: number) => readonly [State, Effective];
}

async function commit(deps: SettingsDeps, call: CallContext, { action, change }: Change): Promise<SettingsView> {
  const { context, audit } = deps;
  const before = context.store.read().settings.values;
  await context.store.transact(action, change, 'before-reply');
  audit.record(call, {
    action,
    target: null,
    detail: { before: withoutTargets(before), after: withoutTargets(context.store.read().settings.values) },
  });
  context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['settings', 'accounts', 'status'] });
  return getSettings(deps);
}

/** Why: whoever knows the address of a webhook or a topic can write there, so no log may hold it. */
function withoutTargets(values: PartialSettings): PartialSettings {
  const { notifyWebhookUrl, notifyNtfyUrl, ...others } = values;
  return {
    ...others,
    ...(notifyWebhookUrl === undefined ? {} : { notifyWebhookUrl: hidden(notifyWebhookUrl) }),
    ...(notifyNtfyUrl === undefined ? {} : { notifyNtfyUrl: hidden(notifyNtfyUrl) }),
  };
}

function hidden(url: string): string {
  return url === '' ? '' : '[redacted]';
}
