import * as z from 'zod';

import { probeSourceSchema } from './limits.ts';
import { noticeKindSchema, noticeTargetSchema } from './notice.ts';
import { aliasSchema, modelSchema, thresholdSchema, weightSchema } from './scalars.ts';

/** How an account is chosen when one has to be chosen. */
export const strategySchema = z.enum(['round-robin', 'least-used', 'random', 'weighted-round-robin']);
export type Strategy = z.infer<typeof strategySchema>;

/** The presets of thresholds and weights. */
export const presetSchema = z.enum(['balanced', 'conservative', 'aggressive']);
export type Preset = z.infer<typeof presetSchema>;

/** Every setting with its bounds; a field may be given by several layers, the highest wins. */
export const settingsSchema = z.strictObject({
  rotationStrategy: strategySchema.describe('How an account is chosen.'),
  sessionAffinity: z.boolean().describe('Keep a session on its account while that account is eligible.'),
  criticalThreshold: thresholdSchema.describe(
    'Below this remaining percentage an account is chosen only if no better one is eligible.',
  ),
  lowThreshold: thresholdSchema.describe('Below this remaining percentage an account is shown as low.'),
  accountWeights: z
    .record(aliasSchema, weightSchema)
    .describe('Weight of each account in weighted rotation; absent = 1.'),
  antigravityEnabled: z.boolean().describe('Shows the quotas of the antigravity plugin; off by default.'),
  antigravityReserved: z.array(aliasSchema).max(100).describe('Accounts kept for antigravity while it is enabled.'),
  probeSources: z.array(probeSourceSchema).min(1).max(3).describe('Sources a manual probe asks, in order.'),
  probeBackgroundSources: z
    .array(probeSourceSchema)
    .max(3)
    .describe('Sources the schedule asks, in order; empty = no schedule.'),
  probeIntervalMinutes: z.int().min(1).max(1_440).describe('Minutes between two scheduled probes of an account.'),
  probeEffort: z
    .string()
    .regex(/^[a-z]{1,16}$/)
    .describe('Reasoning effort of an exec probe.'),
  probeModels: z.array(modelSchema).min(1).max(10).describe('Models an exec probe tries, in order.'),
  dashboardHost: z.string().max(64).describe('Address of the dashboard; loopback only.'),
  notifyEvents: z.array(noticeKindSchema).max(5).describe('What you are told of; empty = nothing.'),
  notifyToast: z.boolean().describe('Tells it inside OpenCode.'),
  notifyDesktop: z.boolean().describe('Tells it on the desktop of this machine.'),
  notifyWebhookUrl: noticeTargetSchema.describe('Sends it there as JSON; https, or http on loopback; empty = off.'),
  notifyNtfyUrl: noticeTargetSchema.describe(
    'Sends it to this topic of ntfy; https, or http on loopback; empty = off.',
  ),
});
export type Settings = z.infer<typeof settingsSchema>;
/** The name of a setting. */
export type SettingName = keyof Settings;

const fields = settingsSchema.shape;

/** A layer gives some settings and leaves the others to the layers below. */
export const partialSettingsSchema = z.strictObject({
  rotationStrategy: fields.rotationStrategy.exactOptional(),
  sessionAffinity: fields.sessionAffinity.exactOptional(),
  criticalThreshold: fields.criticalThreshold.exactOptional(),
  lowThreshold: fields.lowThreshold.exactOptional(),
  accountWeights: fields.accountWeights.exactOptional(),
  antigravityEnabled: fields.antigravityEnabled.exactOptional(),
  antigravityReserved: fields.antigravityReserved.exactOptional(),
  probeSources: fields.probeSources.exactOptional(),
  probeBackgroundSources: fields.probeBackgroundSources.exactOptional(),
  probeIntervalMinutes: fields.probeIntervalMinutes.exactOptional(),
  probeEffort: fields.probeEffort.exactOptional(),
  probeModels: fields.probeModels.exactOptional(),
  dashboardHost: fields.dashboardHost.exactOptional(),
  notifyEvents: fields.notifyEvents.exactOptional(),
  notifyToast: fields.notifyToast.exactOptional(),
  notifyDesktop: fields.notifyDesktop.exactOptional(),
  notifyWebhookUrl: fields.notifyWebhookUrl.exactOptional(),
  notifyNtfyUrl: fields.notifyNtfyUrl.exactOptional(),
});
export type PartialSettings = z.infer<typeof partialSettingsSchema>;

/** The settings as an answer shows them: those of an adapter outside the core only while it is on. */
const shownSettingsSchema = settingsSchema.extend({
  antigravityEnabled: fields.antigravityEnabled.exactOptional(),
  antigravityReserved: fields.antigravityReserved.exactOptional(),
});
export type ShownSettings = z.infer<typeof shownSettingsSchema>;

/** Where the value in force comes from, lowest first. */
export const settingOriginSchema = z.enum(['default', 'persisted', 'runtime', 'environment']);
export type SettingOrigin = z.infer<typeof settingOriginSchema>;

/** The settings in force, and for each its origin and whether a change is refused. */
export const settingsViewSchema = z.object({
  settings: shownSettingsSchema,
  origins: z.record(z.string(), settingOriginSchema),
  locked: z.array(z.string()).describe('Fields that the environment or the runtime configuration holds.'),
  preset: presetSchema.nullable().describe('The preset that the values in force equal, if any.'),
  revision: z.int().nonnegative().describe('Counts changes of the persisted layer.'),
});
export type SettingsView = z.infer<typeof settingsViewSchema>;

/** The value of every setting that no layer gives. */
export const DEFAULT_SETTINGS: Settings = {
  rotationStrategy: 'round-robin',
  sessionAffinity: true,
  criticalThreshold: 10,
  lowThreshold: 30,
  accountWeights: {},
  antigravityEnabled: false,
  antigravityReserved: [],
  probeSources: ['codex-exec', 'codex-app-server', 'usage-endpoint'],
  probeBackgroundSources: ['codex-app-server', 'usage-endpoint'],
  probeIntervalMinutes: 15,
  probeEffort: 'low',
  probeModels: ['gpt-5.3-codex', 'gpt-5.5', 'gpt-5.4', 'gpt-5.4-mini'],
  dashboardHost: '127.0.0.1',
  notifyEvents: ['window-low', 'needs-login', 'pool-dry', 'pool-recovered', 'force-expired'],
  notifyToast: true,
  notifyDesktop: false,
  notifyWebhookUrl: '',
  notifyNtfyUrl: '',
};
