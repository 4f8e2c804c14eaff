import type { HealthStatus } from '../../contract/account.ts';
import type { OutcomeKind } from '../../contract/failure.ts';
import type { HistoryEntry, LimitStatus, ProbeSource } from '../../contract/limits.ts';
import type { Alias, EpochMs, Secret } from '../../contract/scalars.ts';
import type { PartialSettings, Strategy } from '../../contract/settings.ts';

/**
 * Everything the supervisor knows and must not forget; immutable, changed only by core functions inside `store.transact`.
 * Shape: `accounts` in the order they were added, which is the order of rotation; aliases and seats are unique.
 */
export interface State {
  readonly accounts: readonly Account[];
  /** The account written to codex's own login file, null = none by us. */
  readonly activeAlias: Alias | null;
  readonly rotation: Rotation;
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly force: Force | null;
  /** First activation of each alias in the last 24 h: forcing it again does not move its end. */
  readonly forceAnchors: ReadonlyMap<Alias, EpochMs>;
  readonly settings: PersistedSettings;
}

/** One seat of one person, with everything oma believes about it. */
export interface Account {
  readonly alias: Alias;
  readonly seat: Seat;
  readonly email: string | null;
  readonly planType: string | null;
  readonly addedAt: EpochMs;
  readonly source: AccountSource;
  readonly credentials: Credentials;
  readonly auth: Auth;
  readonly refreshIntent: RefreshIntent | null;
  readonly availability: Availability;
  readonly health: Health;
  /** Pairs of this account and a model that cool down; at most one entry a model. */
  readonly modelCooldowns: readonly ModelCooldown[];
  readonly usage: Usage;
  readonly limits: Limits;
}

/** How an account came into the store. */
export type AccountSource = 'login' | 'import-codex' | 'import-opencode' | 'import-upstream' | 'import-file' | 'demo';

/** What makes an account the same account: workspace and person together; an e-mail does not. */
export interface Seat {
  readonly accountId: string;
  readonly userId: string;
}

/** The tokens of a seat. Units: `expiresAt` is the expiry of the access token. */
export interface Credentials {
  readonly accessToken: Secret;
  readonly refreshToken: Secret;
  readonly idToken: Secret | null;
  readonly expiresAt: EpochMs;
  readonly lastRefreshAt: EpochMs;
}

/** Whether the provider still accepts the login. */
export type Auth =
  { readonly state: 'ok' } | { readonly state: 'needs-login'; readonly reason: string; readonly since: EpochMs };

/** A refresh that was sent and whose answer is not stored yet; survives a crash. Shape: `fingerprint` is a hash of the spent token. */
export interface RefreshIntent {
  readonly fingerprint: string;
  readonly sentAt: EpochMs;
  /** The answer is known to be lost: the supervisor or worker died, or the line broke. */
  readonly unanswered: boolean;
}

/** The Enabled switch and who moved it. */
export type Availability =
  | { readonly enabled: true }
  | {
      readonly enabled: false;
      readonly disabledAt: EpochMs;
      readonly disabledBy: string;
      readonly disableReason: string | null;
    };

/**
 * Health after failures.
 * Shape: `cooldown` blocks until `until`; then probation begins by itself and ends with two successes.
 */
export interface Health {
  readonly status: HealthStatus;
  readonly until: EpochMs | null;
  readonly reason: OutcomeKind | null;
  /** Length of the last cooldown, the base of the next doubling. */
  readonly cooldownMs: number;
  readonly successes: number;
}

/** One model that an account may not be asked for before `until`. Shape: `cooldownMs` is the base of the next doubling. */
export interface ModelCooldown {
  readonly model: string;
  readonly until: EpochMs;
  readonly cooldownMs: number;
}

/** How often an account was chosen, and when last. */
export interface Usage {
  readonly count: number;
  readonly lastUsedAt: EpochMs | null;
}

/** Belief about limits: windows change only by a completed probe. */
export interface Limits {
  readonly windows: readonly Window[];
  readonly history: readonly HistoryEntry[];
  readonly status: LimitStatus;
  readonly error: string | null;
  /** Last completed probe. */
  readonly lastProbeAt: EpochMs | null;
  readonly lastErrorAt: EpochMs | null;
  readonly diagnostics: Diagnostics | null;
  /** The model that last worked for an exec probe, tried first. */
  readonly probeModel: string | null;
}

/** One window of one limit as the last completed probe saw it. Shape: `resetsAt` null = the provider did not say. */
export interface Window {
  readonly limitId: string;
  readonly limitName: string | null;
  readonly durationMinutes: number;
  readonly usedPercent: number;
  readonly resetsAt: EpochMs | null;
  readonly source: ProbeSource;
  readonly observedAt: EpochMs;
}

/** With what the last completed probe was made, for people who ask where the numbers come from. */
export interface Diagnostics {
  readonly source: ProbeSource;
  readonly model: string | null;
  readonly effort: string | null;
  readonly sessionFile: string | null;
  readonly codexVersion: string | null;
  readonly at: EpochMs;
}

/** Where rotation stands. Shape: `credits` is aligned with `accounts`. */
export interface Rotation {
  /** Index of the account picked last, -1 = none yet. */
  readonly cursor: number;
  readonly credits: readonly number[];
  /** State of the seeded generator of `random`, an unsigned 32-bit integer. */
  readonly seed: number;
}

/** Keeps a session on an account. */
export interface Binding {
  readonly alias: Alias;
  readonly usedAt: EpochMs;
}

/** The pin: one account for 24 h from its first activation. */
export interface Force {
  readonly forcedAlias: Alias;
  readonly forcedUntil: EpochMs;
  readonly previousRotationStrategy: Strategy;
  readonly forcedBy: string;
}

/** The persisted layer of the settings. */
export interface PersistedSettings {
  readonly values: PartialSettings;
  readonly revision: number;
  readonly updatedAt: EpochMs | null;
  readonly updatedBy: string | null;
}

/** History entries kept for each account; the oldest go first. */
export const HISTORY_MAX = 100;

/** Sessions remembered at most; the longest unused go first. */
export const BINDINGS_MAX = 1_000;

/** Accounts oma takes at most; far above what one person owns, it only bounds work. */
export const ACCOUNTS_MAX = 10_000;

/** A state with no account. */
export const EMPTY_STATE: State = {
  accounts: [],
  activeAlias: null,
  rotation: { cursor: -1, credits: [], seed: 1 },
  bindings: new Map(),
  force: null,
  forceAnchors: new Map(),
  settings: { values: {}, revision: 0, updatedAt: null, updatedBy: null },
};

/** Health of an account nobody complains about. */
export const HEALTHY: Health = { status: 'healthy', until: null, reason: null, cooldownMs: 0, successes: 0 };

/** Limits of an account that was never probed. */
export const UNKNOWN_LIMITS: Limits = {
  windows: [],
  history: [],
  status: 'idle',
  error: null,
  lastProbeAt: null,
  lastErrorAt: null,
  diagnostics: null,
  probeModel: null,
};
