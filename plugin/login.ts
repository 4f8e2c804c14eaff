import { isOmaError } from '../contract/errors.ts';
import type { LoginMethod, LoginView } from '../contract/login.ts';
import { PLACEHOLDER_LOGIN } from '../contract/opencode.ts';
import type { Client } from '../contract/operation.ts';
import type { Operations } from '../contract/operations.ts';
import { ALIAS_LENGTH_MAX, aliasSchema, type EpochMs } from '../contract/scalars.ts';
import type { HostAuthorization, HostLoginMethod, HostPrompt } from './host.ts';
import type { Notices } from './notices.ts';
import type { Wait } from './wait.ts';
import { loginHint } from './words.ts';

export interface LoginDeps {
  readonly client: () => Promise<Client<Operations>>;
  readonly notices: Notices;
  readonly now: () => EpochMs;
  readonly wait: Wait;
  /** OpenCode's auth.json, from which its own login can be imported. */
  readonly authFile: string;
}

/** A login is waited for until it ends by itself, and so much longer, in milliseconds. */
const EXPIRY_MARGIN_MS = 30_000;

/** OpenCode's terminal covers each failure with a message that says nothing of it; ours comes so much later, in milliseconds. */
const BEHIND_MS = 500;

/** What is asked of a name that is none. */
export const ALIAS_RULE = `Use at most ${String(ALIAS_LENGTH_MAX)} letters, digits, ".", "_", "-" or "@", beginning with a letter or digit.`;

function aliasPrompt(deps: LoginDeps): HostPrompt {
  return {
    type: 'text',
    key: 'alias',
    message: 'Name for this account in oma',
    placeholder: 'work',
    validate: (value) => {
      if (aliasSchema.safeParse(value).success) return undefined;
      toastBehind(deps, ALIAS_RULE);
      return ALIAS_RULE;
    },
  };
}

/**
 * The logins that OpenCode offers for the provider: the supervisor does them and keeps their tokens.
 * Shape: OpenCode is given the placeholder only, so that no token ever stands in its auth.json.
 */
export function loginMethods(deps: LoginDeps): readonly HostLoginMethod[] {
  return [
    {
      type: 'oauth',
      label: 'OMA: add a ChatGPT account (browser)',
      prompts: [aliasPrompt(deps)],
      authorize: (inputs) => plainly(deps, () => addAccount(deps, 'browser', inputs)),
    },
    {
      type: 'oauth',
      label: 'OMA: add a ChatGPT account (device code)',
      prompts: [aliasPrompt(deps)],
      authorize: (inputs) => plainly(deps, () => addAccount(deps, 'device', inputs)),
    },
    {
      type: 'oauth',
      label: 'OMA: import the current OpenCode login',
      authorize: () => Promise.resolve(importLogin(deps)),
    },
  ];
}

async function addAccount(
  deps: LoginDeps,
  method: LoginMethod,
  inputs: Readonly<Record<string, string>> | undefined,
): Promise<HostAuthorization> {
  const alias = aliasSchema.safeParse(inputs?.['alias']);
  if (!alias.success) throw new Error('The account needs a name, such as "work".');
  const login = await (await deps.client())['account.add']({ alias: alias.data, method });
  const code = login.userCode === null ? '' : ` Code: ${login.userCode}`;
  return {
    url: login.url ?? '',
    instructions: `${loginHint(login)}${code}`,
    method: 'auto',
    callback: () => plainly(deps, () => finished(deps, login)),
  };
}

async function finished(deps: LoginDeps, begun: LoginView): ReturnType<HostAuthorization['callback']> {
  const until = Date.parse(begun.expiresAt) + EXPIRY_MARGIN_MS;
  let login = begun;
  while (login.state === 'in-progress' && deps.now() < until)
    login = await (await deps.client())['login.wait']({ loginId: begun.loginId });
  if (login.state !== 'success') throw new Error(login.error?.message ?? 'The login was not finished in time.');
  deps.notices.toast('success', `${login.alias} is ready.`);
  return { ...PLACEHOLDER_LOGIN, type: 'success' };
}

function importLogin(deps: LoginDeps): HostAuthorization {
  const callback = async (): ReturnType<HostAuthorization['callback']> => {
    const result = await (await deps.client())['account.import']({ source: 'opencode', path: deps.authFile });
    const [first] = [...result.imported, ...result.updated];
    if (first === undefined)
      throw new Error(result.skipped[0]?.because ?? 'OpenCode has no login that could be imported.');
    deps.notices.toast('success', `${first.alias} is ready.`);
    return { ...PLACEHOLDER_LOGIN, type: 'success' };
  };
  return {
    url: '',
    instructions: 'oma takes over the login that OpenCode has now.',
    method: 'auto',
    callback: () => plainly(deps, callback),
  };
}

/** OpenCode's CLI shows the message of a thrown error; the TUI shows the toast. */
async function plainly<R>(deps: LoginDeps, run: () => Promise<R>): Promise<R> {
  try {
    return await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    toastBehind(deps, message);
    deps.notices.log('warn', 'login failed', { code: isOmaError(error) ? error.code : 'INTERNAL' });
    throw new Error(message, { cause: error });
  }
}

function toastBehind({ wait, notices }: LoginDeps, message: string): void {
  void wait(BEHIND_MS, null).then(() => notices.toast('error', message));
}
