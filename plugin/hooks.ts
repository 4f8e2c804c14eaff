import type { OmaEvent } from '../contract/event.ts';
import type { NoticeTopic } from '../contract/notice.ts';
import { OPENCODE_PROVIDER, pluginOptionsSchema } from '../contract/opencode.ts';
import type { EpochMs } from '../contract/scalars.ts';
import { createFetch } from './fetch.ts';
import { type HostHooks, type HostInput, hostNotices } from './host.ts';
import type { Line } from './link.ts';
import { loginMethods } from './login.ts';
import { type Notices, withoutRepeats } from './notices.ts';
import { type AuthPlace, ensurePlaceholder } from './placeholder.ts';
import type { Fetch } from './request.ts';
import type { LineFinder } from './start.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
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

/** How a message of the supervisor looks. */
const TONES = {
  'window-low': 'warning',
  'needs-login': 'error',
  'pool-dry': 'error',
  'pool-recovered': 'success',
  'force-expired': 'info',
  test: 'info',
} as const satisfies Record<NoticeTopic, Parameters<Notices['toast']>[0]>;

/** OpenCode's entry: called once for each directory it works in. */
export type Server = (input: HostInput, options?: unknown) => Promise<HostHooks>;

/**
 * Makes the entry that OpenCode calls.
 * Why: all directories of one process share one connection, which is why it is made here, and by the first of them;
 * nothing connects before the first request.
 */
export function createServer(deps: PluginDeps): Server {
  let shared: Supervisor | null = null;
  let host = 'opencode';
  let toast: Notices['toast'] | null = null;
  const onEvent = (event: OmaEvent): void => {
    if (event.type === 'notice') toast?.(TONES[event.kind], `${event.title}. ${event.message}`);
  };
  const supervisorFor = (options: unknown): Supervisor => {
    const start = pluginOptionsSchema.partial().safeParse(options).data ?? {};
    const connect = async (): Promise<Line> => {
      const line = await deps.findLine({ ...start, host });
      line.onEvent(onEvent);
      // Who is not told of anything can still lease.
      line.client['session.subscribe']({}).catch(() => undefined);
      return line;
    };
    shared ??= createSupervisor({ ...deps, connect });
    return shared;
  };
  return (input, options) => {
    const notices = withoutRepeats(hostNotices(input), deps.now);
    // The directory opened last is most likely the one that is looked at.
    toast = notices.toast;
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
