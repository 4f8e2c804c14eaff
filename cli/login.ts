import { duration } from '../contract/duration.ts';
import { type ErrorCode, isErrorCode, isOmaError, OmaError } from '../contract/errors.ts';
import type { LoginMethod, LoginView } from '../contract/login.ts';
import { readLine } from './ask.ts';
import { openBrowser, planBrowser } from './browser.ts';
import type { TypedInput } from './command.ts';
import type { Context } from './context.ts';
import { usage } from './parse.ts';
import { createProgress } from './progress.ts';
import { plain } from './render/plain.ts';
import { type Session, STARTING } from './session.ts';
import { forwardCommand, LOGIN_PORT } from './ssh.ts';
import { withSession } from './with-session.ts';

/** Flags of every command that logs an account in. */
export const LOGIN_FLAGS = {
  browser: { summary: 'Logs in with a browser on this machine (the default).' },
  device: { summary: 'Shows a code to type on any device.' },
  paste: { summary: 'Logs in with a browser anywhere; you paste the address of its last page here.' },
  'no-open': { summary: 'Does not open the browser, only prints the address.' },
} as const;

/** How a login may end beside well; what its operations themselves refuse is theirs to list. */
export const LOGIN_FAILURES = [
  'LOGIN_CANCELLED',
  'LOGIN_TIMED_OUT',
  'LOGIN_REFUSED',
  'UPSTREAM_UNREACHABLE',
  'UPSTREAM_INVALID_ANSWER',
  'CHILD_UNAVAILABLE',
  'STORE_UNWRITABLE',
] as const satisfies readonly ErrorCode[];

const METHODS = ['browser', 'device', 'paste'] as const satisfies readonly LoginMethod[];

/** A wrong address may be corrected this often on a terminal. */
const PASTES_MAX = 3;

/** The supervisor itself ends a login; past that and this grace we no longer wait, in milliseconds. */
const GRACE_MS = 30_000;

/** The progress line is written this often, in milliseconds. */
const TICK_MS = 1_000;

/** Begins a login at the supervisor. */
export type Begin = (session: Session, method: LoginMethod) => Promise<LoginView>;

/**
 * Leads a person through a login until it is over; Ctrl-C cancels it.
 * Errors: what the supervisor says about the login.
 */
export function login(context: Context, input: TypedInput<typeof LOGIN_FLAGS>, begin: Begin): Promise<LoginView> {
  const [asked, second] = METHODS.filter((method) => input.has(method));
  if (second !== undefined) throw usage(`--${String(asked)} and --${second} exclude each other`, 'choose one');
  return withSession(context, { ...STARTING, closeOnAbort: false }, async (session) => {
    const begun = await beginWith(context, asked, (method) => begin(session, method));
    await show(context, begun, input.has('no-open'));
    return refuseFailed(await finish(context, session, begun));
  });
}

async function beginWith(
  context: Context,
  asked: LoginMethod | undefined,
  begin: (method: LoginMethod) => Promise<LoginView>,
): Promise<LoginView> {
  try {
    return await begin(asked ?? 'browser');
  } catch (error) {
    if (asked !== undefined || !isOmaError(error, 'LOGIN_PORTS_BUSY')) throw error;
    context.stderr.write(
      'Ports 1455 and 1457, the only ones the provider accepts, are in use here; logging in with a code instead.\n',
    );
    return begin('device');
  }
}

async function show(
  context: Context,
  { url, userCode, instructions, method }: LoginView,
  isSilent: boolean,
): Promise<void> {
  const lines = [
    plain(instructions),
    ...(url === null ? [] : [`  ${plain(url)}`]),
    ...(userCode === null ? [] : [`  Code: ${context.paint('bold', plain(userCode))}`]),
  ];
  context.stderr.write(`${lines.join('\n')}\n`);
  const opened = url !== null && !isSilent && (await openBrowser(context, url));
  if (!opened && method === 'browser') context.stderr.write(hintFor(context, url));
}

function hintFor({ environment, platform }: Context, url: string | null): string {
  const plan = planBrowser(environment, platform);
  if (plan.kind === 'open') return '';
  if (plan.because === 'ssh') {
    const port = callbackPort(url);
    return `You are connected over SSH: the browser must reach port ${String(port)} here (\`${forwardCommand(port)}\`), or use --device or --paste.\n`;
  }
  if (plan.because === 'wsl')
    return 'Open the address in the browser of Windows. If its last page cannot be reached, use --paste.\n';
  return 'There is no display here. If the browser is on another machine, use --device or --paste.\n';
}

/** The port that the provider sends the browser back to, as the address of the login has it. */
function callbackPort(url: string | null): number {
  const back = url !== null && URL.canParse(url) ? new URL(url).searchParams.get('redirect_uri') : null;
  return back !== null && URL.canParse(back) ? Number(new URL(back).port) || LOGIN_PORT : LOGIN_PORT;
}

async function finish(context: Context, session: Session, begun: LoginView): Promise<LoginView> {
  try {
    if (begun.method === 'paste') await handOver(context, session, begun);
    return await waitUntilOver(context, session, begun);
  } catch (error) {
    // Else it would stand in the way of the next try; what went wrong first is what the person must see.
    await session.client['login.cancel']({ loginId: begun.loginId }).catch(() => undefined);
    if (!context.signal.aborted) throw error;
    throw new OmaError('LOGIN_CANCELLED', `The login of "${begun.alias}" was cancelled; nothing was changed.`);
  }
}

async function handOver(context: Context, { client }: Session, { loginId }: LoginView): Promise<void> {
  for (let left = PASTES_MAX; left > 0; left -= 1) {
    const pasted = (await readLine(context, 'Paste the address of the last page: ')).trim();
    context.signal.throwIfAborted();
    if (pasted === '')
      throw usage('Nothing was pasted', 'run it again and paste the whole address from the address bar');
    const refused = await client['login.paste']({ loginId, pasted }).then(() => null, refusalOf);
    if (refused === null) return;
    if (left === 1 || context.stdin.isTTY !== true) throw refused;
    context.stderr.write(`${plain(refused.message)}\n`);
  }
}

function refusalOf(error: unknown): OmaError {
  if (isOmaError(error, 'INVALID_PARAMS')) return error;
  throw error;
}

async function waitUntilOver(context: Context, { client }: Session, begun: LoginView): Promise<LoginView> {
  const progress = createProgress(context.stderr);
  const giveUpAt = Date.parse(begun.expiresAt) + GRACE_MS;
  const tick = setInterval(() => progress.say(waitingText(context, begun)), TICK_MS);
  try {
    let view = begun;
    while (view.state === 'in-progress' && context.now() < giveUpAt) {
      view = await client['login.wait']({ loginId: begun.loginId }, { signal: context.signal });
    }
    return view;
  } finally {
    clearInterval(tick);
    progress.end();
  }
}

function waitingText(context: Context, { expiresAt, alias }: LoginView): string {
  return `Waiting for the login of ${alias}, ${duration(Date.parse(expiresAt) - context.now())} left (Ctrl-C cancels)`;
}

function refuseFailed(view: LoginView): LoginView {
  if (view.state === 'success') return view;
  const { code, message } = view.error ?? {
    code: 'LOGIN_TIMED_OUT',
    message: 'Nobody finished the login in time — run it again.',
  };
  throw new OmaError(isErrorCode(code) ? code : 'LOGIN_REFUSED', message, { alias: view.alias });
}
