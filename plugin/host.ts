import type { Level, Notices } from './notices.ts';
import type { Fetch } from './request.ts';

/** The part of OpenCode's plugin API that oma uses; OpenCode 1.18. */
export interface HostInput {
  readonly client: {
    readonly app: {
      readonly log: (options: {
        body: { service: string; level: Level; message: string; extra?: Record<string, unknown> };
      }) => Promise<unknown>;
    };
    readonly tui: {
      readonly showToast: (options: {
        body: { title: string; message: string; variant: ToastVariant; duration: number };
      }) => Promise<unknown>;
    };
    readonly auth: { readonly set: (options: { path: { id: string }; body: HostLogin }) => Promise<unknown> };
  };
}

/** What a plugin gives OpenCode. */
export interface HostHooks {
  readonly auth: {
    readonly provider: string;
    /** Why: a loader that throws ends the TUI, and one that waits hangs it. */
    readonly loader: (
      login: () => Promise<{ readonly type: string } | undefined>,
    ) => Promise<{ readonly fetch?: Fetch }>;
    readonly methods: readonly HostLoginMethod[];
  };
}

/** A login as OpenCode stores it. */
export interface HostLogin {
  readonly type: 'oauth';
  readonly refresh: string;
  readonly access: string;
  readonly expires: number;
}

/** One way to log in, as OpenCode offers it. */
export interface HostLoginMethod {
  readonly type: 'oauth';
  readonly label: string;
  readonly prompts?: readonly HostPrompt[];
  readonly authorize: (inputs?: Readonly<Record<string, string>>) => Promise<HostAuthorization>;
}

export interface HostPrompt {
  readonly type: 'text';
  readonly key: string;
  readonly message: string;
  readonly placeholder: string;
  readonly validate: (value: string) => string | undefined;
}

export interface HostAuthorization {
  readonly url: string;
  readonly instructions: string;
  readonly method: 'auto';
  readonly callback: () => Promise<{ readonly type: 'success' } & Omit<HostLogin, 'type'>>;
}

type ToastVariant = Parameters<Notices['toast']>[0];

const TITLE = 'oma';
const TOAST_MS = 6_000;

/** Says things through OpenCode: toasts and its own log, never the terminal. */
export function hostNotices({ client }: HostInput): Notices {
  return {
    toast: (variant, message) =>
      quietly(() => client.tui.showToast({ body: { title: TITLE, message, variant, duration: TOAST_MS } })),
    log: (level, message, extra = {}) =>
      quietly(() => client.app.log({ body: { service: TITLE, level, message: `${TITLE}: ${message}`, extra } })),
  };
}

// A notice that cannot be given must not cost the request it is about.
function quietly(say: () => Promise<unknown>): void {
  Promise.resolve()
    .then(say)
    .catch(() => undefined);
}
