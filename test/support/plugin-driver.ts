// Plays OpenCode to the bundled plugin, in Node or in the Bun inside OpenCode: argv[2] is the bundle, each line of
// stdin a command, each line of stdout its result.
import { createInterface } from 'node:readline';

import type { HostHooks, HostInput } from '../../plugin/host.ts';

/** Gives up what was asked. */
export interface AbortCommand {
  readonly abort: number;
}

/** Ask once, as OpenCode would. */
export interface AskCommand {
  readonly id: number;
  readonly session?: string;
  readonly parent?: string;
  readonly model?: string;
  readonly padding?: number;
  /** Abort after so many chunks of the answer. */
  readonly abortAfterChunks?: number;
  /** Say `begun` with the first chunk. */
  readonly tellBegin?: boolean;
}

export interface AskResult {
  readonly id: number;
  readonly kind: 'begun' | 'ended';
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly bytes?: number;
  readonly error?: { readonly name: string; readonly message: string; readonly code: string | null };
  readonly heapGrowthBytes?: number;
}

export interface Ready {
  readonly kind: 'ready';
  readonly runtime: string;
  readonly methods: readonly string[];
}

const TEXT_MAX = 1_000_000;

const say = (result: AskResult | Ready): void => void process.stdout.write(`${JSON.stringify(result)}\n`);
const { default: plugin } = (await import(process.argv[2] ?? '')) as {
  default: { server: (input: HostInput, options?: unknown) => Promise<HostHooks> };
};
const ok = () => Promise.resolve(true);
const hooks = await plugin.server(
  { client: { app: { log: ok }, tui: { showToast: ok }, auth: { set: ok } } },
  JSON.parse(process.argv[3] ?? '{}'),
);
const loaded = await hooks.auth.loader(() => Promise.resolve({ type: 'oauth' }));
const upstream = loaded.fetch ?? fetch;
say({
  kind: 'ready',
  runtime: process.versions.bun === undefined ? 'node' : 'bun',
  methods: hooks.auth.methods.map(({ label }) => label),
});

const input = createInterface({ input: process.stdin });
const controllers = new Map<number, AbortController>();
input.on('line', (line) => {
  const command = JSON.parse(line) as AskCommand | AbortCommand;
  if ('abort' in command) controllers.get(command.abort)?.abort();
  else void ask(command);
});
input.on('close', () => process.exit(0));

async function ask(command: AskCommand): Promise<void> {
  const { id } = command;
  const controller = new AbortController();
  controllers.set(id, controller);
  const heapBefore = process.memoryUsage().rss;
  try {
    const response = await upstream('https://api.openai.com/v1/responses', {
      method: 'POST',
      signal: controller.signal,
      headers: {
        ...{
          authorization: 'Bearer opencode-oauth-dummy-key',
          'content-type': 'application/json',
          originator: 'opencode',
          'user-agent': 'opencode/1.18.33 (linux 6.18; x64)',
        },
        ...{ 'session-id': command.session ?? `ses_${String(id)}`, 'x-opencode-title': '1' },
        ...(command.parent === undefined ? {} : { 'x-parent-session-id': command.parent }),
      },
      body: JSON.stringify({
        model: command.model ?? 'gpt-5.5',
        stream: true,
        store: false,
        input: `hello${' '.repeat(command.padding ?? 0)}`,
      }),
    });
    const read = await readBody(response, command, controller);
    say({
      id,
      kind: 'ended',
      status: response.status,
      headers: Object.fromEntries(response.headers),
      ...read,
      heapGrowthBytes: process.memoryUsage().rss - heapBefore,
    });
  } catch (error) {
    say({ id, kind: 'ended', error: describe(error) });
  }
}

async function readBody(
  response: Response,
  command: AskCommand,
  controller: AbortController,
): Promise<Pick<AskResult, 'text' | 'bytes' | 'error'>> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  let chunks = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks += 1;
      bytes += chunk.byteLength;
      if (text.length < TEXT_MAX) text += decoder.decode(chunk, { stream: true });
      if (chunks === 1 && command.tellBegin === true) say({ id: command.id, kind: 'begun' });
      if (chunks === command.abortAfterChunks) controller.abort();
    }
    return { text, bytes };
  } catch (error) {
    return { text, bytes, error: describe(error) };
  }
}

function describe(error: unknown): NonNullable<AskResult['error']> {
  if (!(error instanceof Error)) return { name: 'unknown', message: String(error), code: null };
  const { code } = error as { code?: unknown };
  return { name: error.name, message: error.message, code: typeof code === 'string' ? code : null };
}
