import type { AccountView } from '../../../contract/account.ts';
import type { Decision } from '../../../contract/decision.ts';
import type { ForceView } from '../../../contract/force.ts';
import type { LoginView } from '../../../contract/login.ts';
import { DEFAULT_SETTINGS, type SettingsView } from '../../../contract/settings.ts';
import type { Status } from '../../../contract/status.ts';

/** The moment at which every sample is looked at. */
export const NOW = Date.parse('2026-03-01T12:00:00.000Z');

/** Writes the instant so many minutes from NOW. */
export const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();

const limit = (usedPercent: number, minutesAgo: number) => ({
  usedPercent,
  remainingPercent: 100 - usedPercent,
  lastKnownUsedPercent: usedPercent,
  resetsAt: at(60),
  observedAt: at(-minutesAgo),
  source: 'codex-exec' as const,
});

export function account(over: Partial<AccountView> = {}): AccountView {
  return {
    alias: 'work',
    email: 'ann@example.com',
    planType: 'plus',
    seat: 'a1b2c3',
    addedAt: at(-10_000),
    enabled: true,
    disabledAt: null,
    disabledBy: null,
    disableReason: null,
    active: false,
    forced: false,
    eligible: true,
    blockers: [],
    health: 'healthy',
    cooldownUntil: null,
    cooldownReason: null,
    modelCooldowns: [],
    weight: 1,
    usageCount: 3,
    lastUsedAt: at(-3),
    inFlight: 0,
    rateLimits: { fiveHour: limit(38, 2), weekly: limit(10, 2) },
    windows: [],
    level: 'ok',
    limitsConfidence: 'fresh',
    limitStatus: 'success',
    limitError: null,
    lastLimitProbeAt: at(-2),
    lastLimitErrorAt: null,
    probe: null,
    rateLimitHistoryLength: 1,
    auth: 'ok',
    authReason: null,
    tokenExpiresAt: at(600),
    reauth: 'idle',
    ...over,
  };
}

export function force(over: Partial<ForceView> = {}): ForceView {
  return {
    active: false,
    forcedAlias: null,
    forcedUntil: null,
    forcedBy: null,
    remainingMs: null,
    previousRotationStrategy: null,
    rotationStrategy: 'round-robin',
    ...over,
  };
}

export const FORCED = force({
  active: true,
  forcedAlias: 'work',
  forcedUntil: at(125),
  forcedBy: 'cli',
  remainingMs: 7_500_000,
  previousRotationStrategy: 'least-used',
});

export function status(over: Partial<Status> = {}): Status {
  return {
    version: '0.1.0',
    buildId: 'abc',
    pid: 42,
    startedAt: at(-182),
    demo: false,
    socket: '/run/oma/oma.sock',
    dashboardUrl: 'http://127.0.0.1:3434',
    store: { file: '/store/accounts.json', encrypted: true, recovered: null, lastWriteAt: at(-1), writeError: null },
    strategy: 'round-robin',
    configFileProblem: null,
    force: force(),
    accounts: { total: 4, enabled: 3, eligible: 2, needsLogin: ['home'], lastServed: 'work', earliestRecovery: null },
    openRefreshes: [],
    noticeFailures: [],
    leases: { inFlight: 2, served: 120, failed: 1 },
    children: [
      { name: 'worker', state: 'ready', pid: 43, restarts: 0, lastExit: null },
      { name: 'probe-runner', state: 'waiting', pid: null, restarts: 2, lastExit: 'ended with code 1' },
    ],
    clients: [
      { kind: 'plugin', pid: 50, version: '0.1.0', host: 'opencode 1.18.33', since: at(-5) },
      { kind: 'plugin', pid: 51, version: '0.1.0', host: 'opencode 1.18.33', since: at(-5) },
      { kind: 'cli', pid: 52, version: '0.1.0', host: null, since: at(0) },
    ],
    ...over,
  };
}

export function decision(over: Partial<Decision> = {}): Decision {
  return {
    requestId: 'req-1',
    at: at(-3),
    strategy: 'round-robin',
    selectedAlias: 'work',
    how: 'strategy',
    fallbackReason: null,
    forceState: { active: false, alias: null, until: null, ended: null },
    enabledState: { enabled: 3, disabled: 0 },
    sessionId: 'ses_1',
    model: 'gpt-5.5',
    attempt: 1,
    candidates: [
      { alias: 'work', verdict: 'selected', until: null },
      { alias: 'home', verdict: 'eligible', until: null },
      { alias: 'spare', verdict: 'cooldown', until: at(4) },
    ],
    ...over,
  };
}

export function settingsView(over: Partial<SettingsView> = {}): SettingsView {
  return {
    settings: DEFAULT_SETTINGS,
    origins: { rotationStrategy: 'environment', lowThreshold: 'persisted' },
    locked: ['rotationStrategy'],
    preset: 'balanced',
    revision: 3,
    ...over,
  };
}

export function loginView(over: Partial<LoginView> = {}): LoginView {
  return {
    loginId: 'login-1',
    alias: 'work',
    purpose: 'add',
    method: 'browser',
    state: 'in-progress',
    url: 'http://127.0.0.1:9/authorize?x=1',
    userCode: null,
    instructions: 'Open this page and log in.',
    expiresAt: at(10),
    error: null,
    ...over,
  };
}
