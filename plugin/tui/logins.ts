import { isOmaError } from '../../contract/errors.ts';
import type { LoginMethod, LoginView } from '../../contract/login.ts';
import { maskText } from '../../contract/mask.ts';
import { aliasSchema } from '../../contract/scalars.ts';
import { isGone } from '../link.ts';
import { ALIAS_RULE } from '../login.ts';
import { loginHint } from '../words.ts';
import { openLogin } from './actions.ts';
import { copy } from './clipboard.ts';
import type { DialogDeps } from './dialog-deps.ts';

const COPY_HINT = 'Enter copies the address.';
const COPIED_HINT = 'The address was sent to the clipboard of your terminal. Not there? Select it with the mouse.';
const LOST = 'The supervisor ended, and this login with it. Begin it again.';
const CLOSE_HINT = 'Esc closes this; the login goes on.';

/** Asks for a name and logs a new account in. Shape: `plainly` runs a step and shows why it failed. */
export function addAccount(deps: DialogDeps, method: LoginMethod, plainly: (step: () => Promise<void>) => void): void {
  const { dialog, DialogPrompt } = deps.host.ui;
  const add = async (typed: string): Promise<void> => {
    const alias = aliasSchema.safeParse(typed.trim());
    if (!alias.success) throw new Error(ALIAS_RULE);
    const begun = await (await deps.pool.use())['account.add']({ alias: alias.data, method });
    await follow(deps, begun, `${maskText(alias.data)} is ready.`);
  };
  const onConfirm = (typed: string): void => plainly(() => add(typed));
  dialog.replace(() => DialogPrompt({ title: 'Name for this account in oma', placeholder: 'work', onConfirm }));
}

/** Logs an account in again that the pool has. */
export async function loginAgain(
  deps: DialogDeps,
  { alias, method }: { readonly alias: string; readonly method: LoginMethod },
): Promise<void> {
  const begun = await (await deps.pool.use())['account.reauth']({ alias, method });
  await follow(deps, begun, `${maskText(alias)} is logged in again.`);
}

/** Shows a login that is under way once more; whoever began it is told of its end. */
export async function showOpenLogin(deps: DialogDeps, alias: string): Promise<void> {
  const login = await openLogin(await deps.pool.use(), alias);
  if (login === null) throw new Error(`No login of ${maskText(alias)} is under way.`);
  await ended(deps, login);
}

async function follow(deps: DialogDeps, begun: LoginView, success: string): Promise<void> {
  const { state, error } = await ended(deps, begun);
  // Whoever cancelled it has been told so, and a second message would cover that one.
  if (error?.code === 'LOGIN_CANCELLED') return;
  if (state !== 'success') throw new Error(error?.message ?? 'The login was not finished in time.');
  deps.toasts.say({ variant: 'success', message: success });
}

/** Shows a login until it is over. Errors: that the supervisor ended, in words for whoever sits before it. */
async function ended(deps: DialogDeps, begun: LoginView): Promise<LoginView> {
  const close = show(deps, begun);
  const until = Date.parse(begun.expiresAt);
  let login = begun;
  try {
    while (login.state === 'in-progress' && deps.now() < until)
      login = await (await deps.pool.use())['login.wait']({ loginId: begun.loginId });
    return login;
  } catch (error) {
    throw isGone(error) || isOmaError(error, 'LOGIN_NOT_FOUND') ? new Error(LOST) : error;
  } finally {
    close();
  }
}

/** Returns what closes it, unless that was done or something else took its place. */
function show(deps: DialogDeps, login: LoginView): () => void {
  const { dialog, DialogAlert } = deps.host.ui;
  const { alias, url } = login;
  let isOpen = false;
  const put = (copyHint: string): void => {
    const message = [loginHint(login), ...(url === null ? [] : [url, copyHint]), CLOSE_HINT].join('\n\n');
    dialog.replace(
      () => DialogAlert({ title: `Log in ${maskText(alias)}`, message, onConfirm }),
      () => {
        isOpen = false;
      },
    );
    dialog.setSize('xlarge');
    isOpen = true;
  };
  const onConfirm = (): void => {
    if (url === null) return;
    copy(deps.host, deps.write, url);
    // The host closes the dialog behind this, but a terminal that took no copy leaves nothing else to read the address from.
    queueMicrotask(() => put(COPIED_HINT));
  };
  put(COPY_HINT);
  return () => {
    if (isOpen) dialog.clear();
  };
}
