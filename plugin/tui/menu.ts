import type { AccountView } from '../../contract/account.ts';
import type { LoginMethod } from '../../contract/login.ts';
import { maskEmail, maskText } from '../../contract/mask.ts';
import { becauseText, spanText } from '../words.ts';
import type { SelectOption } from './host.ts';
import type { PoolView } from './pool.ts';
import { type Look, serving, tightestText } from './views.ts';

/** What a person may choose in `/oma`. */
export type Choice =
  | { readonly kind: 'account'; readonly alias: string }
  | { readonly kind: 'force' | 'enable' | 'disable' | 'switch' | 'cancel-login'; readonly alias: string }
  | { readonly kind: 'probe'; readonly alias: string | null }
  | { readonly kind: 'reauth'; readonly alias: string; readonly method: LoginMethod }
  | { readonly kind: 'end-force' }
  | { readonly kind: 'why' };

/** One entry of a menu. */
export interface Entry extends SelectOption {
  readonly value: Choice;
}

const POOL = 'All accounts';
const ACCOUNTS = 'Accounts';

/** The first menu: every account as it stands, and what concerns all of them. */
export function mainMenu(view: PoolView, look: Look): Entry[] {
  const { force } = view.status;
  const current = serving(view, look);
  return [
    ...view.accounts.map((account) => ({
      title: maskText(account.alias),
      description: standing(account, account === current, look),
      category: ACCOUNTS,
      value: { kind: 'account', alias: account.alias } as const,
    })),
    ...(force.forcedAlias === null || !force.active
      ? []
      : [
          {
            title: `End the force of ${maskText(force.forcedAlias)}`,
            description: `else it lasts ${spanText(force.remainingMs ?? 0)} more`,
            category: POOL,
            value: { kind: 'end-force' } as const,
          },
        ]),
    { title: 'Why this account', description: 'explains the last choice', category: POOL, value: { kind: 'why' } },
    {
      title: 'Probe all accounts',
      description: 'reads their limits now',
      category: POOL,
      value: { kind: 'probe', alias: null },
    },
  ];
}

/** The menu of one account: only what it can do as it stands. */
export function accountMenu(account: AccountView): Entry[] {
  const { alias, enabled, forced, eligible, reauth } = account;
  const entry = (title: string, description: string, value: Choice): Entry => ({ title, description, value });
  return [
    ...(forced ? [entry('End the force', 'goes back to the strategy', { kind: 'end-force' })] : []),
    ...(eligible && !forced ? [entry('Force', 'it alone serves for 24 h', { kind: 'force', alias })] : []),
    ...(enabled
      ? [
          entry('Disable', 'takes it out of rotation', { kind: 'disable', alias }),
          entry('Switch codex to it', 'writes it into the login of the codex program', { kind: 'switch', alias }),
          entry('Probe', 'reads its limits now', { kind: 'probe', alias }),
          ...(reauth === 'in-progress'
            ? [entry('Cancel the login', 'that is under way', { kind: 'cancel-login', alias })]
            : []),
          entry('Log in again', 'with the browser here', { kind: 'reauth', alias, method: 'browser' }),
          entry('Log in again with a code', 'on any device', { kind: 'reauth', alias, method: 'device' }),
        ]
      : [entry('Enable', 'puts it back into rotation', { kind: 'enable', alias })]),
  ];
}

/** What stands above the menu of an account. */
export function accountTitle({ alias, email, planType }: AccountView): string {
  const about = [email === null ? null : maskEmail(email), planType].filter((part) => part !== null).join(', ');
  return about === '' ? maskText(alias) : `${maskText(alias)} (${about})`;
}

function standing(account: AccountView, isServing: boolean, look: Look): string {
  const [blocker] = account.blockers;
  const until = blocker?.until ?? null;
  const back = until === null ? '' : `, back in ${spanText(Date.parse(until) - look.now)}`;
  return [
    ...(isServing ? ['serves now'] : []),
    ...(account.forced ? ['forced'] : []),
    ...(account.active ? ['codex uses it'] : []),
    ...(blocker === undefined ? [] : [`${becauseText(blocker.code)}${back}`]),
    tightestText(account, look),
  ].join(' · ');
}
