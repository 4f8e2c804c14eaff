import type { AccountView } from '../../contract/account.ts';
import type { ForceView } from '../../contract/force.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import type { Settings, SettingsView, ShownSettings } from '../../contract/settings.ts';
import { tokenFreshness } from './credentials.ts';
import { blockersOf, NO_NEEDS } from './eligibility.ts';
import { healthAt } from './health.ts';
import { confidence, fiveHourView, level, weeklyView, windowViews } from './limits.ts';
import { matchingPreset } from './presets.ts';
import { type Effective, type Layers, lockedSettings } from './settings.ts';
import type { Account, Availability, Seat, State } from './state.ts';
import { isoTime, isoTimeOrNull } from './time.ts';
import { DEFAULT_WEIGHT } from './weighted.ts';

/** What a view shows besides the account itself. */
export interface AccountViewInput {
  readonly state: State;
  readonly settings: Settings;
  readonly inFlight: number;
  readonly reauth: AccountView['reauth'];
  readonly now: EpochMs;
}

/** Shows an account to the outside. Why: the only way out for an account, so the one place where secrets are dropped. */
export function accountView(
  account: Account,
  { state, settings, inFlight, reauth, now }: AccountViewInput,
): AccountView {
  const blockers = blockersOf(account, { needs: NO_NEEDS, settings, now });
  const { limits, availability, health } = account;
  const status = healthAt(health, now);
  return {
    alias: account.alias,
    email: account.email,
    planType: account.planType,
    seat: seatHash(account.seat),
    addedAt: isoTime(account.addedAt),
    enabled: availability.enabled,
    ...disabledOf(availability),
    active: state.activeAlias === account.alias,
    forced: state.force?.forcedAlias === account.alias && state.force.forcedUntil > now,
    eligible: blockers.length === 0,
    blockers: blockers.map(({ code, until, detail }) => ({ code, until: isoTimeOrNull(until), detail })),
    health: status,
    cooldownUntil: status === 'cooldown' ? isoTimeOrNull(health.until) : null,
    cooldownReason: status === 'cooldown' ? health.reason : null,
    modelCooldowns: account.modelCooldowns
      .filter((entry) => entry.until > now)
      .map((entry) => ({ model: entry.model, until: isoTime(entry.until) })),
    weight: settings.accountWeights[account.alias] ?? DEFAULT_WEIGHT,
    usageCount: account.usage.count,
    lastUsedAt: isoTimeOrNull(account.usage.lastUsedAt),
    inFlight,
    rateLimits: { fiveHour: fiveHourView(limits, now), weekly: weeklyView(limits, now) },
    windows: windowViews(limits, now),
    level: level(limits, settings, now),
    limitsConfidence: confidence(limits, now),
    limitStatus: limits.status,
    limitError: limits.error,
    lastLimitProbeAt: isoTimeOrNull(limits.lastProbeAt),
    lastLimitErrorAt: isoTimeOrNull(limits.lastErrorAt),
    probe: limits.diagnostics === null ? null : { ...limits.diagnostics, at: isoTime(limits.diagnostics.at) },
    rateLimitHistoryLength: limits.history.length,
    auth: authOf(account, now),
    authReason: account.auth.state === 'needs-login' ? account.auth.reason : null,
    tokenExpiresAt: isoTime(account.credentials.expiresAt),
    reauth,
  };
}

function disabledOf(availability: Availability): Pick<AccountView, 'disabledAt' | 'disabledBy' | 'disableReason'> {
  if (availability.enabled) return { disabledAt: null, disabledBy: null, disableReason: null };
  const { disabledAt, disabledBy, disableReason } = availability;
  return { disabledAt: isoTime(disabledAt), disabledBy, disableReason };
}

/** Shows the force to the outside. */
export function forceView({ force }: State, settings: Settings, now: EpochMs): ForceView {
  const rotationStrategy = settings.rotationStrategy;
  if (force === null || force.forcedUntil <= now) {
    return {
      active: false,
      forcedAlias: null,
      forcedUntil: null,
      forcedBy: null,
      remainingMs: null,
      previousRotationStrategy: null,
      rotationStrategy,
    };
  }
  const { forcedAlias, forcedUntil, forcedBy, previousRotationStrategy } = force;
  return {
    active: true,
    forcedAlias,
    forcedUntil: isoTime(forcedUntil),
    forcedBy,
    remainingMs: forcedUntil - now,
    previousRotationStrategy,
    rotationStrategy,
  };
}

/** Shows the settings to the outside. */
export function settingsView(state: State, effective: Effective, layers: Layers): SettingsView {
  const settings = shownSettings(effective.settings);
  return {
    settings,
    origins: Object.fromEntries(Object.entries(effective.origins).filter(([name]) => name in settings)),
    locked: lockedSettings(layers).filter((name) => name in settings),
    preset: matchingPreset(effective.settings),
    revision: state.settings.revision,
  };
}

/** Why: nothing mentions an adapter outside the core before somebody switches it on. */
function shownSettings({ antigravityEnabled, antigravityReserved, ...core }: Settings): ShownSettings {
  return antigravityEnabled ? { ...core, antigravityEnabled, antigravityReserved } : core;
}

/** A short name for a seat that tells nothing about it. Shape: 14 hex digits. Not: a secret; it only hides ids from casual eyes. */
export function seatHash({ accountId, userId }: Seat): string {
  const text = `${accountId}\n${userId}`;
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return ((low >>> 0) & 0xffffff).toString(16).padStart(6, '0') + (high >>> 0).toString(16).padStart(8, '0');
}

function authOf(account: Account, now: EpochMs): AccountView['auth'] {
  if (account.auth.state === 'needs-login') return 'needs-login';
  return tokenFreshness(account.credentials, now) === 'fresh' ? 'ok' : 'expiring';
}
