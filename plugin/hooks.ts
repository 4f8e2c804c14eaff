import { OPENCODE_PROVIDER, pluginOptionsSchema } from '../contract/opencode.ts';
import type { EpochMs } from '../contract/scalars.ts';
import { createFetch } from './fetch.ts';
import { type HostHooks, type HostInput, hostNotices } from './host.ts';
import type { Line } from './link.ts';
import { loginMethods } from './login.ts';
import { inTurn, type Notices, withoutRepeats } from './notices.ts';
import { type AuthPlace, ensurePlaceholder } from './placeholder.ts';
import type { Fetch } from './request.ts';
import type { LineFinder } from './start.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { createToastQueue } from './toast-queue.ts';
import type { Wait } from './wait.ts';

/** What the plugin needs of its process. */
export interface PluginDeps {
  readonly findLine: LineFinder;
  readonly upstream: Fetch;
  readonly baseUrl: string | null;
  readonly auth: AuthPlace;
  readonly now: () => EpochMs;
  readonly random: () => number;
  readonly newId: () => string;
  readonly wait: Wait;
}

/** OpenCode's entry: called once for each directory it works in. */
export type Server = (input: HostInput, options?: unknown) => Promise<HostHooks>;

/**
 * Makes the entry that OpenCode calls.
 * Why: all directories of one process share one connection and one screen, which is why both are made here, and by the
 * first of them; nothing connects before the first request.
 */
export function createServer(deps: PluginDeps): Server {
  let shared: Supervisor | null = null;
  let host = 'opencode';
  const toasts = createToastQueue(deps);
  const supervisorFor = (options: unknown): Supervisor => {
    const start = pluginOptionsSchema.partial().safeParse(options).data ?? {};
    const connect = (): Promise<Line> => deps.findLine({ ...start, host });
    shared ??= createSupervisor({ ...deps, connect });
    return shared;
  };
  return (input, options) => {
    const notices = withoutRepeats(inTurn(hostNotices(input), toasts), deps.now);
    const supervisor = supervisorFor(options);
    const onHost = (name: string): void => {
      host = name;
    };
    void ensurePlaceholder(input, deps.auth, notices);
    return Promise.resolve(hooksOf({ ...deps, supervisor, notices, onHost }));
  };
}

function hooksOf(
  deps: PluginDeps & {
    readonly supervisor: Supervisor;
    readonly notices: Notices;
    readonly onHost: (host: string) => void;
  },
): HostHooks {
  const { supervisor, notices, now, wait, auth } = deps;
  const fetch = createFetch(deps);
  return {
    auth: {
      provider: OPENCODE_PROVIDER,
      loader: async (login) => ((await usesApiKey(login, notices)) ? {} : { fetch }),
      methods: loginMethods({ client: supervisor.client, notices, now, wait, authFile: auth.file }),
    },
  };
}

/** A person who logged in with an API key pays for it and means it; oma serves ChatGPT logins only. */
async function usesApiKey(
  login: () => Promise<{ readonly type: string } | undefined>,
  notices: Notices,
): Promise<boolean> {
  try {
    const isKey = (await login())?.type === 'api';
    if (isKey)
      notices.log(
        'warn',
        'OpenAI is logged in with an API key, so oma stays out of the way. Use `opencode auth login` and an OMA method to change that.',
      );
    return isKey;
  } catch {
    return false; // a loader that throws ends OpenCode's TUI
  }
}
