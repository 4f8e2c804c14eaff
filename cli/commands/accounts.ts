import type { LoginMethod } from '../../contract/login.ts';
import { OPERATIONS } from '../../contract/operations.ts';
import { command } from '../command.ts';
import { login, LOGIN_FAILURES, LOGIN_FLAGS } from '../login.ts';
import { checkParams } from './operation.ts';

const ALIAS = { name: 'ALIAS', summary: 'Name of the account: letters, digits, ".", "_", "-" or "@".' } as const;
const MORE =
  'Answers the provider only on ports 1455 and 1457; when both are busy a code is shown instead.\nThe password never passes through oma; only the login itself is kept, in the store.';

/** Logs a new account in. */
export const add = command({
  name: 'add',
  summary: 'Logs a new account in and adds it.',
  args: [ALIAS],
  flags: LOGIN_FLAGS,
  uses: ['account.add', 'login.wait', 'login.paste', 'login.cancel'],
  fails: ['SEAT_EXISTS', ...LOGIN_FAILURES],
  more: MORE,
  run: async (context, input) => {
    const start = (method: LoginMethod) =>
      checkParams(OPERATIONS['account.add'].params, { alias: input.args[0], method });
    const view = await login(context, input, ({ client }, method) => client['account.add'](start(method)));
    return { json: view, text: `${view.alias} is logged in and serves from now on.` };
  },
});

/** Logs an account in again. */
export const reauth = command({
  name: 'reauth',
  summary: 'Logs an account in again; only its credentials change, and only if the same person logs in.',
  args: [ALIAS],
  flags: LOGIN_FLAGS,
  uses: ['account.reauth', 'login.wait', 'login.paste', 'login.cancel'],
  fails: ['IDENTITY_MISMATCH', ...LOGIN_FAILURES],
  more: MORE,
  run: async (context, input) => {
    const start = (method: LoginMethod) =>
      checkParams(OPERATIONS['account.reauth'].params, { alias: input.args[0], method });
    const view = await login(context, input, ({ client }, method) => client['account.reauth'](start(method)));
    return { json: view, text: `${view.alias} is logged in again.` };
  },
});
