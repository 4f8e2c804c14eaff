import { isHttpsOrLoopback } from '../../contract/address.ts';
import type { PartialSettings, Settings, ShownSettings } from '../../contract/settings.ts';

/** The settings as a form holds them: numbers are text until they are saved. */
export interface Draft {
  readonly rotationStrategy: Settings['rotationStrategy'];
  readonly sessionAffinity: boolean;
  readonly criticalThreshold: string;
  readonly lowThreshold: string;
  readonly accountWeights: Readonly<Record<string, string>>;
  readonly probeSources: Settings['probeSources'];
  readonly probeBackgroundSources: Settings['probeBackgroundSources'];
  readonly probeIntervalMinutes: string;
  readonly probeEffort: string;
  readonly probeModels: string;
  readonly dashboardHost: string;
  readonly notifyEvents: Settings['notifyEvents'];
  readonly notifyToast: boolean;
  readonly notifyDesktop: boolean;
  readonly notifyWebhookUrl: string;
  readonly notifyNtfyUrl: string;
  readonly antigravityEnabled: boolean;
  readonly antigravityReserved: readonly string[];
}

/** Field -> what is wrong with it; a weight's field is `weight:ALIAS`. */
export type Problems = Readonly<Record<string, string>>;

const LOOPBACK = /^(localhost|::1|127(\.\d{1,3}){3})$/;
const WEIGHT_MIN = 0.01;
const INTERVAL_MAX = 1_440;
const MODELS_MAX = 10;

/** The form for settings. Shape: every alias has a weight, 1 when none is set. */
export function draftOf(shown: ShownSettings, aliases: readonly string[]): Draft {
  const settings = wholeSettings(shown);
  const weights = aliases.map((alias) => [alias, String(settings.accountWeights[alias] ?? 1)] as const);
  return {
    ...settings,
    criticalThreshold: String(settings.criticalThreshold),
    lowThreshold: String(settings.lowThreshold),
    accountWeights: Object.fromEntries(weights),
    probeIntervalMinutes: String(settings.probeIntervalMinutes),
    probeModels: settings.probeModels.join(', '),
  };
}

/** What a person can see to be wrong before sending; the supervisor judges again. */
export function draftProblems(draft: Draft): Problems {
  const problems: Record<string, string> = {};
  const critical = numberIn(draft.criticalThreshold, 0, 100);
  const low = numberIn(draft.lowThreshold, 0, 100);
  if (critical === null) problems['criticalThreshold'] = 'Must be a number from 0 to 100.';
  if (low === null) problems['lowThreshold'] = 'Must be a number from 0 to 100.';
  if (critical !== null && low !== null && critical >= low) {
    problems['criticalThreshold'] = `Must be below the low threshold (${low}).`;
  }
  for (const [alias, weight] of Object.entries(draft.accountWeights)) {
    if (numberIn(weight, WEIGHT_MIN, 1) === null)
      problems[`weight:${alias}`] = 'Must be above 0 (at least 0.01) and at most 1.';
  }
  return { ...problems, ...probeProblems(draft), ...targetProblems(draft) };
}

/** The fields that differ, as the supervisor takes them. Shape: only call it without problems. */
export function draftChange(draft: Draft, shown: ShownSettings, aliases: readonly string[]): PartialSettings {
  const settings = wholeSettings(shown);
  const wanted: Settings = { ...settings, ...valuesOf(draft) };
  const { accountWeights } = draftOf(settings, aliases);
  return {
    ...rotationChange(wanted, settings),
    ...(isSame(draft.accountWeights, accountWeights) ? {} : { accountWeights: weightsOf(draft) }),
    ...probeChange(wanted, settings),
    ...antigravityChange(wanted, settings),
    ...noticeChange(wanted, settings),
    ...(wanted.dashboardHost === settings.dashboardHost ? {} : { dashboardHost: wanted.dashboardHost }),
  };
}

/** What is not shown is off. */
function wholeSettings(shown: ShownSettings): Settings {
  return { antigravityEnabled: false, antigravityReserved: [], ...shown };
}

function rotationChange(wanted: Settings, before: Settings): PartialSettings {
  const { rotationStrategy, sessionAffinity, criticalThreshold, lowThreshold } = wanted;
  return {
    ...(rotationStrategy === before.rotationStrategy ? {} : { rotationStrategy }),
    ...(sessionAffinity === before.sessionAffinity ? {} : { sessionAffinity }),
    ...(criticalThreshold === before.criticalThreshold ? {} : { criticalThreshold }),
    ...(lowThreshold === before.lowThreshold ? {} : { lowThreshold }),
  };
}

function probeChange(wanted: Settings, before: Settings): PartialSettings {
  const { probeSources, probeBackgroundSources, probeIntervalMinutes, probeEffort, probeModels } = wanted;
  return {
    ...(isSame(probeSources, before.probeSources) ? {} : { probeSources }),
    ...(isSame(probeBackgroundSources, before.probeBackgroundSources) ? {} : { probeBackgroundSources }),
    ...(probeIntervalMinutes === before.probeIntervalMinutes ? {} : { probeIntervalMinutes }),
    ...(probeEffort === before.probeEffort ? {} : { probeEffort }),
    ...(isSame(probeModels, before.probeModels) ? {} : { probeModels }),
  };
}

function noticeChange(wanted: Settings, before: Settings): PartialSettings {
  const { notifyEvents, notifyToast, notifyDesktop, notifyWebhookUrl, notifyNtfyUrl } = wanted;
  return {
    ...(isSame(notifyEvents, before.notifyEvents) ? {} : { notifyEvents }),
    ...(notifyToast === before.notifyToast ? {} : { notifyToast }),
    ...(notifyDesktop === before.notifyDesktop ? {} : { notifyDesktop }),
    ...(notifyWebhookUrl === before.notifyWebhookUrl ? {} : { notifyWebhookUrl }),
    ...(notifyNtfyUrl === before.notifyNtfyUrl ? {} : { notifyNtfyUrl }),
  };
}

function targetProblems(draft: Draft): Problems {
  const wrong = (['notifyWebhookUrl', 'notifyNtfyUrl'] as const).filter((name) => !isTarget(draft[name].trim()));
  return Object.fromEntries(
    wrong.map((name) => [name, 'Must be https, or http on this machine; empty switches it off.']),
  );
}

/** Why not the schema of the contract: it would bring zod, which weighs more than all the rest of the page's script. */
function isTarget(url: string): boolean {
  return url === '' || (URL.canParse(url) && isHttpsOrLoopback(url));
}

function antigravityChange(wanted: Settings, before: Settings): PartialSettings {
  const { antigravityEnabled, antigravityReserved } = wanted;
  return {
    ...(antigravityEnabled === before.antigravityEnabled ? {} : { antigravityEnabled }),
    ...(isSame(antigravityReserved, before.antigravityReserved) ? {} : { antigravityReserved }),
  };
}

function probeProblems(draft: Draft): Problems {
  const models = modelsIn(draft.probeModels);
  return {
    ...(isWholeIn(draft.probeIntervalMinutes, 1, INTERVAL_MAX)
      ? {}
      : { probeIntervalMinutes: `Must be whole minutes from 1 to ${INTERVAL_MAX}.` }),
    ...(/^[a-z]{1,16}$/.test(draft.probeEffort)
      ? {}
      : { probeEffort: 'Must be one word in small letters, such as "low".' }),
    ...(models.length === 0 || models.length > MODELS_MAX
      ? { probeModels: `Name 1 to ${MODELS_MAX} models, with commas between.` }
      : {}),
    ...(draft.probeSources.length === 0 ? { probeSources: 'Choose at least one source.' } : {}),
    ...(LOOPBACK.test(draft.dashboardHost)
      ? {}
      : { dashboardHost: 'Must be a loopback address: 127.0.0.1, ::1 or localhost.' }),
  };
}

function valuesOf(draft: Draft): Omit<Settings, 'accountWeights'> {
  return {
    rotationStrategy: draft.rotationStrategy,
    sessionAffinity: draft.sessionAffinity,
    criticalThreshold: Number(draft.criticalThreshold),
    lowThreshold: Number(draft.lowThreshold),
    probeSources: draft.probeSources,
    probeBackgroundSources: draft.probeBackgroundSources,
    probeIntervalMinutes: Number(draft.probeIntervalMinutes),
    probeEffort: draft.probeEffort,
    probeModels: [...modelsIn(draft.probeModels)],
    dashboardHost: draft.dashboardHost,
    notifyEvents: draft.notifyEvents,
    notifyToast: draft.notifyToast,
    notifyDesktop: draft.notifyDesktop,
    notifyWebhookUrl: draft.notifyWebhookUrl.trim(),
    notifyNtfyUrl: draft.notifyNtfyUrl.trim(),
    antigravityEnabled: draft.antigravityEnabled,
    antigravityReserved: [...draft.antigravityReserved],
  };
}

/** Weight 1 is what an account has anyway, so it is not stored. */
function weightsOf(draft: Draft): Settings['accountWeights'] {
  const weights = Object.entries(draft.accountWeights).map(([alias, weight]) => [alias, Number(weight)] as const);
  return Object.fromEntries(weights.filter(([, weight]) => weight !== 1));
}

function modelsIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((model) => model.trim())
    .filter((model) => model !== '');
}

/** The number, or null if it is none or out of bounds. Why not Number alone: it takes '' for 0. */
function numberIn(text: string, min: number, max: number): number | null {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) || value < min || value > max ? null : value;
}

function isWholeIn(text: string, min: number, max: number): boolean {
  return Number.isInteger(numberIn(text, min, max));
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
