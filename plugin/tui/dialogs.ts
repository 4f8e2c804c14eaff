import type { LoginView } from '../../contract/login.ts';
import { maskText } from '../../contract/mask.ts';
import { type Action, perform } from './actions.ts';
import { detailsText } from './details.ts';
import type { DialogDeps } from './dialog-deps.ts';
import { rootSession } from './host.ts';
import { addAccount, loginAgain, showOpenLogin } from './logins.ts';
import { accountMenu, accountTitle, type Choice, type Entry, mainMenu } from './menu.ts';
import { TITLE } from './toasts.ts';
import type { Look } from './views.ts';
import { decisionFor, noDecisionText, whyText } from './why.ts';

const NO_ACCOUNT = 'oma has no account yet';
const LOST = 'The supervisor ended just now. Type /oma once more.';
/** Choices that are looked through for the one of this session. */
const DECISIONS = 100;

/** Opens `/oma`; whatever goes wrong is shown, nothing is thrown. */
export function openMenu(deps: DialogDeps): void {
  const { pool } = deps;
  plainly(deps, async () => {
    sayIfConnecting(deps);
    await pool.reload();
    const { logins } = await (await pool.use())['login.list']({});
    const view = pool.view();
    if (view === null) throw new Error(LOST);
    const adding = logins.filter(isAddition).map(({ alias }) => alias);
    choose(deps, view.accounts.length === 0 ? NO_ACCOUNT : TITLE, mainMenu(view, lookOf(deps), adding));
  });
}

function choose(deps: DialogDeps, title: string, options: Entry[]): void {
  const { dialog, DialogSelect } = deps.host.ui;
  // By place, since what the host hands back is not to be trusted to be one of ours.
  const onSelect = ({ value }: { readonly value: unknown }): void => {
    const chosen = options.find((option) => option.value === value);
    if (chosen !== undefined) plainly(deps, () => follow(deps, chosen.value));
  };
  dialog.replace(() => DialogSelect({ title, options, onSelect }));
  dialog.setSize('large');
}

async function follow(deps: DialogDeps, choice: Choice): Promise<void> {
  switch (choice.kind) {
    case 'account':
    case 'details':
      showAccount(deps, choice);
      return;
    case 'disable':
      askWhy(deps, choice.alias);
      return;
    case 'add':
      addAccount(deps, choice.method, (run) => plainly(deps, run));
      return;
    case 'why':
      return explain(deps);
    case 'reauth':
      return loginAgain(deps, choice);
    case 'show-login':
      return showOpenLogin(deps, choice.alias);
    case 'force':
    case 'end-force':
    case 'enable':
    case 'switch':
    case 'cancel-login':
    case 'probe':
      return act(deps, choice);
  }
}

function showAccount(
  deps: DialogDeps,
  { kind, alias }: Extract<Choice, { readonly kind: 'account' | 'details' }>,
): void {
  const account = deps.pool.view()?.accounts.find((each) => each.alias === alias);
  if (account === undefined) return;
  if (kind === 'account') choose(deps, accountTitle(account), accountMenu(account));
  else tell(deps, accountTitle(account), detailsText(account, lookOf(deps)));
}

function askWhy(deps: DialogDeps, alias: string): void {
  const { dialog, DialogPrompt } = deps.host.ui;
  const onConfirm = (reason: string): void => plainly(deps, () => act(deps, { kind: 'disable', alias, reason }));
  dialog.replace(() =>
    DialogPrompt({ title: `Disable ${maskText(alias)}`, placeholder: 'Why? May be left empty.', onConfirm }),
  );
}

async function act(deps: DialogDeps, action: Action): Promise<void> {
  const { host, pool, toasts, now, wait } = deps;
  host.ui.dialog.clear();
  sayIfConnecting(deps);
  if (action.kind === 'probe') toasts.say({ variant: 'info', message: 'Reading limits …' });
  toasts.say(await perform(action, { client: await pool.use(), now, wait }));
}

async function explain(deps: DialogDeps): Promise<void> {
  const { sessionId } = lookOf(deps);
  const client = await deps.pool.use();
  const { decisions } = await client['decision.list']({ limit: DECISIONS });
  const decision = decisionFor(decisions, sessionId);
  const title = sessionId === null ? 'Why this account (all sessions)' : 'Why this account';
  tell(deps, title, decision === null ? noDecisionText(sessionId) : whyText(decision, deps.now()));
}

function tell({ host }: DialogDeps, title: string, message: string): void {
  const { dialog, DialogAlert } = host.ui;
  dialog.replace(() => DialogAlert({ title, message }));
  dialog.setSize('large');
}

function isAddition({ purpose, state }: LoginView): boolean {
  return purpose === 'add' && state === 'in-progress';
}

function lookOf({ host, now }: DialogDeps): Look {
  const { current } = host.route;
  const id = current.name === 'session' ? current.params?.['sessionID'] : undefined;
  return { sessionId: typeof id === 'string' ? rootSession(host, id) : null, now: now() };
}

function sayIfConnecting({ pool, toasts }: DialogDeps): void {
  if (pool.view() === null) toasts.say({ variant: 'info', message: 'Connecting to the supervisor …' });
}

function plainly({ toasts }: DialogDeps, run: () => Promise<void>): void {
  run().catch((error: unknown) => {
    toasts.say({ variant: 'error', message: error instanceof Error ? error.message : String(error) });
  });
}
