import type { LoginView } from '../../contract/login.ts';
import { maskText } from '../../contract/mask.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import type { Wait } from '../wait.ts';
import { loginHint } from '../words.ts';
import { type Action, perform, type Said } from './actions.ts';
import { copy } from './clipboard.ts';
import type { TuiHost } from './host.ts';
import { accountMenu, accountTitle, type Choice, type Entry, mainMenu } from './menu.ts';
import type { Pool } from './pool.ts';
import type { Look } from './views.ts';
import { decisionFor, whyText } from './why.ts';

export interface DialogDeps {
  readonly host: TuiHost;
  readonly pool: Pool;
  readonly now: () => EpochMs;
  readonly wait: Wait;
  /** Writes to the terminal as it is. */
  readonly write: (bytes: string) => unknown;
}

const TITLE = 'oma';
const TOAST_MS = 6_000;
const NO_ACCOUNT = 'oma has no account yet. Type /connect, choose OpenAI, and then "OMA: add a ChatGPT account".';
const COPY_HINT = 'Enter copies the address.';
const COPIED_HINT = 'The address was sent to the clipboard of your terminal. Not there? Select it with the mouse.';
const CLOSE_HINT = 'Esc closes this; the login goes on.';
/** Choices that are looked through for the one of this session. */
const DECISIONS = 100;

/** Opens `/oma`; whatever goes wrong is shown, nothing is thrown. */
export function openMenu(deps: DialogDeps): void {
  const { host, pool } = deps;
  plainly(deps, async () => {
    if (pool.view() === null) say(host, { variant: 'info', message: 'Connecting to the supervisor …' });
    await pool.reload();
    const view = pool.view();
    if (view === null || view.accounts.length === 0)
      host.ui.dialog.replace(() => host.ui.DialogAlert({ title: TITLE, message: NO_ACCOUNT }));
    else choose(deps, TITLE, mainMenu(view, lookOf(deps)));
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
  if (choice.kind === 'account') {
    showAccount(deps, choice.alias);
    return;
  }
  if (choice.kind === 'why') return explain(deps);
  if (choice.kind === 'reauth') return reauth(deps, choice);
  return act(deps, choice);
}

function showAccount(deps: DialogDeps, alias: string): void {
  const account = deps.pool.view()?.accounts.find((each) => each.alias === alias);
  if (account !== undefined) choose(deps, accountTitle(account), accountMenu(account));
}

async function act({ host, pool, now, wait }: DialogDeps, action: Action): Promise<void> {
  host.ui.dialog.clear();
  if (action.kind === 'probe') say(host, { variant: 'info', message: 'Reading limits …' });
  say(host, await perform(action, { client: await pool.use(), now, wait }));
}

async function explain({ host, pool, now }: DialogDeps): Promise<void> {
  const client = await pool.use();
  const { decisions } = await client['decision.list']({ limit: DECISIONS });
  const decision = decisionFor(decisions, sessionOf(host));
  const message = decision === null ? 'No request was made yet.' : whyText(decision, now());
  host.ui.dialog.replace(() => host.ui.DialogAlert({ title: 'Why this account', message }));
  host.ui.dialog.setSize('large');
}

async function reauth(
  deps: DialogDeps,
  { alias, method }: Extract<Choice, { readonly kind: 'reauth' }>,
): Promise<void> {
  const { host, pool, now } = deps;
  const begun = await (await pool.use())['account.reauth']({ alias, method });
  showLogin(deps, begun, COPY_HINT);
  const until = Date.parse(begun.expiresAt);
  let login = begun;
  while (login.state === 'in-progress' && now() < until)
    login = await (await pool.use())['login.wait']({ loginId: begun.loginId });
  // Whoever cancelled it has been told so, and a second message would cover that one.
  if (login.error?.code === 'LOGIN_CANCELLED') return;
  if (login.state !== 'success') throw new Error(login.error?.message ?? 'The login was not finished in time.');
  say(host, { variant: 'success', message: `${maskText(alias)} is logged in again.` });
}

function showLogin(deps: DialogDeps, login: LoginView, copyHint: string): void {
  const { dialog, DialogAlert } = deps.host.ui;
  const { alias, url } = login;
  const onConfirm = (): void => {
    if (url === null) return;
    copy(deps.host, deps.write, url);
    // The host closes the dialog behind this, but a terminal that took no copy leaves nothing else to read the address from.
    queueMicrotask(() => showLogin(deps, login, COPIED_HINT));
  };
  const message = [loginHint(login), ...(url === null ? [] : [url, copyHint]), CLOSE_HINT].join('\n\n');
  dialog.replace(() => DialogAlert({ title: `Log in ${maskText(alias)} again`, message, onConfirm }));
  dialog.setSize('xlarge');
}

function lookOf({ host, now }: DialogDeps): Look {
  return { sessionId: sessionOf(host), now: now() };
}

function sessionOf({ route: { current } }: TuiHost): string | null {
  const id = current.name === 'session' ? current.params?.['sessionID'] : undefined;
  return typeof id === 'string' ? id : null;
}

function say(host: TuiHost, { variant, message }: Said): void {
  host.ui.toast({ variant, title: TITLE, message, duration: TOAST_MS });
}

function plainly({ host }: DialogDeps, run: () => Promise<void>): void {
  run().catch((error: unknown) => {
    say(host, { variant: 'error', message: error instanceof Error ? error.message : String(error) });
  });
}
