import type { AccountView, BlockerCode } from '../contract/account.ts';
import type { Decision, FallbackReason } from '../contract/decision.ts';
import type { ForceEnd } from '../contract/force.ts';
import type { ProbeSource } from '../contract/limits.ts';
import type { SettingOrigin, Strategy } from '../contract/settings.ts';
import type { Outlook } from './store/history.ts';

/** What people read instead of the codes of the contract. */
export const BLOCKERS: Readonly<Record<BlockerCode, string>> = {
  disabled: 'disabled',
  'needs-login': 'needs sign-in',
  cooldown: 'cooling down',
  'model-cooldown': 'model cooling down',
  exhausted: 'limit reached',
  excluded: 'tried already',
  reserved: 'reserved',
};

export const STRATEGIES: Readonly<Record<Strategy, { readonly name: string; readonly meaning: string }>> = {
  'round-robin': { name: 'Round robin', meaning: 'Each account in turn.' },
  'least-used': { name: 'Least used', meaning: 'The account with the most left.' },
  random: { name: 'Random', meaning: 'Any account that can serve.' },
  'weighted-round-robin': { name: 'Weighted', meaning: 'In turn, by the weights below.' },
};

export const SOURCES: Readonly<Record<ProbeSource, { readonly name: string; readonly meaning: string }>> = {
  'codex-exec': { name: 'codex exec', meaning: 'A real codex session; spends a little of the limit.' },
  'codex-app-server': { name: 'app server', meaning: 'Asks the codex program; no model call.' },
  'usage-endpoint': { name: 'usage page', meaning: 'Asks the provider directly; no model call.' },
};

export const ORIGINS: Readonly<Record<SettingOrigin, string>> = {
  default: 'default',
  persisted: 'set here',
  runtime: 'configuration file',
  environment: 'environment',
};

/** Names the variable that can hold a setting. Why not out of the table of variables: it brings zod along; a test keeps the two equal. */
export function variableOf(setting: string): string {
  return `OPENCODE_MULTI_AUTH_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

export const FORCE_ENDS: Readonly<Record<ForceEnd, string>> = {
  cleared: 'it was released',
  expired: 'its 24 hours are over',
  disabled: 'the account was disabled',
  removed: 'the account was removed',
  ineligible: 'the account cannot serve now',
  replaced: 'another account was pinned',
};

const HOW: Readonly<Record<Decision['how'], string>> = {
  force: 'pinned',
  affinity: 'same conversation',
  strategy: 'rotation',
  none: 'nobody could serve',
};

const FALLBACKS: Readonly<Record<FallbackReason, string>> = {
  'bound-account-ineligible': 'its account before cannot serve',
  'critical-only': 'only accounts near their limit are left',
  'forced-account-lost': 'the pinned account cannot serve',
  retry: 'another account failed first',
  'none-eligible': 'every account is blocked',
};

/** Why a decision fell as it did, in words. */
export function decisionReason({ how, strategy, fallbackReason }: Decision): string {
  const rule = how === 'strategy' ? STRATEGIES[strategy].name.toLowerCase() : HOW[how];
  return fallbackReason === null ? rule : `${rule} — ${FALLBACKS[fallbackReason]}`;
}

/** The verdict on one candidate, in words. */
export function verdictWord(verdict: Decision['candidates'][number]['verdict']): string {
  if (verdict === 'selected') return 'chosen';
  if (verdict === 'eligible') return 'could serve';
  if (verdict === 'critical') return 'held back: nearly empty';
  return BLOCKERS[verdict];
}

/** What an account is doing, in one word or two. */
export function standing(account: AccountView): {
  readonly tone: Tone;
  readonly word: string;
  readonly until: string | null;
} {
  const [blocker] = account.blockers;
  if (blocker !== undefined) {
    const tone = blocker.code === 'needs-login' ? 'bad' : blocker.code === 'disabled' ? 'mute' : 'warn';
    return { tone, word: BLOCKERS[blocker.code], until: blocker.until };
  }
  if (account.health === 'probation') return { tone: 'ok', word: 'ready, on probation', until: null };
  return { tone: 'ok', word: 'ready', until: null };
}

export type Tone = 'ok' | 'warn' | 'bad' | 'mute' | 'info';

/** Why nothing runs dry soon, and of how much of the pool that is true. */
export function outlookWords(outlook: Exclude<Outlook, { kind: 'dry' }>): string {
  if (outlook.kind === 'not-enough-data') return 'a forecast needs four probes over twenty minutes';
  const { known, windows, leftOut } = outlook;
  const who =
    known === windows
      ? 'every window lasts until its reset'
      : `${known} of ${windows} windows last until their reset; of the others too little is known`;
  return `at the present rates ${who}${leftOutWords(leftOut)}`;
}

/** That a forecast does not speak of all accounts. */
export function leftOutWords(leftOut: number): string {
  if (leftOut === 0) return '';
  return leftOut === 1 ? '; one account is not included' : `; ${leftOut} accounts are not included`;
}
