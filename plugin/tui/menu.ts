import type { AccountView } from '../../contract/account.ts';
import type { LoginMethod } from '../../contract/login.ts';
import { maskEmail } from '../../contract/mask.ts';
import { spanText } from '../words.ts';
import type { SelectOption } from './host.ts';
import type { PoolView } from './pool.ts';
import { blockedTexts, type Look, serving, shortName, tightestText } from './views.ts';

/** What a person may choose in `/oma`. */
export type Choice =
  | { readonly kind: 'account' | 'details'; readonly alias: string }
  | { readonly kind: 'force' | 'enable' | 'switch'; readonly alias: string }
  | { readonly kind: 'disable'; readonly alias: string }
  | { readonly kind: 'show-login'; readonly alias: string }
  | { readonly kind: 'cancel-login'; readonly alias: string }
  | { readonly kind: 'probe'; readonly alias: string | null }
  | { readonly kind: 'reauth'; readonly alias: string; readonly method: LoginMethod }
  | { readonly kind: 'add'; readonly method: LoginMethod }
  | { readonly kind: 'end-force' }
  | { readonly kind: 'why' };

/** One entry of a menu. */
export interface Entry extends SelectOption {
  readonly value: Choice;
}

const POOL = 'All accounts';
const ACCOUNTS = 'Accounts';

/** The first menu: every account as it stands, and what concerns all of them. Shape: `adding` are accounts to be, whose login is under way. */
export function mainMenu(view: PoolView, look: Look, adding: readonly string[] = []): Entry[] {
  const current = serving(view, look);
  const accounts = view.accounts.map((account) => ({
    title: shortName(account.alias),
    description: standing(account, account === current, look),
    category: ACCOUNTS,
    value: { kind: 'account', alias: account.alias } as const,
  }));
  if (accounts.length === 0) return additions(adding);
  const whose = look.sessionId === null ? 'all sessions' : 'this session';
  return [
    ...accounts,
    ...endOfForce(view),
    entry('Why this account', `explains the last choice of ${whose}`, { kind: 'why' }),
    entry('Probe all accounts', 'reads their limits now, without a model', { kind: 'probe', alias: null }),
    ...additions(adding),
  ].map((each) => ({ category: POOL, ...each }));
}

/** The menu of one account: only what it can do as it stands, what it needs first. */
export function accountMenu(account: AccountView): Entry[] {
  const { alias, enabled, forced, eligible, auth } = account;
  const details = entry('Details', 'every window, and what stands against it', { kind: 'details', alias });
  if (!enabled) return [entry('Enable', 'puts it back into rotation', { kind: 'enable', alias }), details];
  const needsLogin = auth === 'needs-login';
  return [
    ...(needsLogin ? logins(account) : []),
    ...(forced ? [entry('End the force', 'goes back to the strategy', { kind: 'end-force' })] : []),
    ...(eligible && !forced ? [entry('Force', 'it alone serves for 24 h', { kind: 'force', alias })] : []),
    entry('Disable', 'takes it out of rotation', { kind: 'disable', alias }),
    entry('Switch codex to it', 'writes it into the login of the codex program', { kind: 'switch', alias }),
    entry('Probe', 'reads its limits now, without a model', { kind: 'probe', alias }),
    details,
    ...(needsLogin ? [] : logins(account)),
  ];
}

function endOfForce({ status: { force } }: PoolView): Entry[] {
  if (force.forcedAlias === null || !force.active) return [];
  const left = `else it lasts ${spanText(force.remainingMs ?? 0)} more`;
  return [entry(`End the force of ${shortName(force.forcedAlias)}`, left, { kind: 'end-force' })];
}

function additions(adding: readonly string[]): Entry[] {
  return [
    ...adding.flatMap((alias) => openLogin(alias, ` of ${shortName(alias)}`)),
    entry('Add an account', 'with the browser here', { kind: 'add', method: 'browser' }),
    entry('Add an account with a code', 'on any device', { kind: 'add', method: 'device' }),
  ];
}

function logins({ alias, reauth }: AccountView): Entry[] {
  if (reauth === 'in-progress') return openLogin(alias);
  return [
    entry('Log in again', 'with the browser here', { kind: 'reauth', alias, method: 'browser' }),
    entry('Log in again with a code', 'on any device', { kind: 'reauth', alias, method: 'device' }),
  ];
}

function openLogin(alias: string, whose = ''): Entry[] {
  return [
    entry(`Show the login${whose}`, 'that is under way', { kind: 'show-login', alias }),
    entry(`Cancel the login${whose}`, 'changes nothing', { kind: 'cancel-login', alias }),
  ];
}

function entry(title: string, description: string, value: Choice): Entry {
  return { title, description, value };
}

/** What stands above the menu of an account. */
export function accountTitle({ alias, email, planType }: AccountView): string {
  const about = [email === null ? null : maskEmail(email), planType].filter((part) => part !== null).join(', ');
  return about === '' ? shortName(alias) : `${shortName(alias)} (${about})`;
}

function standing(account: AccountView, isServing: boolean, look: Look): string {
  return [
    ...(isServing && !account.forced ? ['serves now'] : []),
    ...(account.forced ? ['forced'] : []),
    ...(account.active ? ['codex uses it'] : []),
    ...blockedTexts(account, look),
    tightestText(account, look),
    ...(account.limitsConfidence === 'error' ? ['the last probe failed'] : []),
  ].join(' · ');
}
