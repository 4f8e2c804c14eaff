import * as z from 'zod';

import { type OpenCodeSandbox, opencodeServe, type OpenCodeServer, type PromptAnswer } from './real-opencode.ts';

const sessionSchema = z.object({ id: z.string() });
const toastSchema = z.object({ type: z.literal('tui.toast.show'), properties: z.object({ message: z.string() }) });

/** An OpenCode that serves many prompts, as somebody sits before it. */
export interface WatchedOpenCode extends OpenCodeServer {
  /** Begins a session that asks for no title, so that each prompt is one request. */
  readonly newSession: () => Promise<string>;
  /** Asks in a session of its own. */
  readonly ask: (text?: string) => Promise<Pick<PromptAnswer, 'text' | 'error'>>;
  /** Messages of the toasts shown so far. */
  readonly toasts: () => readonly string[];
  /** What Esc does. */
  readonly abort: (sessionId: string) => Promise<void>;
}

/** Starts `opencode serve` in a sandbox and follows its events. */
export async function watchedOpenCode(sandbox: OpenCodeSandbox): Promise<WatchedOpenCode> {
  const server = await opencodeServe(sandbox);
  const address = (path: string): string => `${server.url}${path}?directory=${encodeURIComponent(sandbox.project)}`;
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(address(path), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return answer.json();
  };
  const toasts: string[] = [];
  const listening = new AbortController();
  listen(address('/event'), listening.signal, (message) => toasts.push(message)).catch(() => undefined);
  const newSession = async (): Promise<string> => sessionSchema.parse(await post('/session', { title: 'a title' })).id;
  return {
    ...server,
    newSession,
    async ask(text = 'hello') {
      const { text: answer, error } = await server.prompt(text, { sessionId: await newSession() });
      return { text: answer, error };
    },
    toasts: () => toasts,
    async abort(sessionId) {
      await post(`/session/${sessionId}/abort`, {});
    },
    close() {
      listening.abort();
      return server.close();
    },
  };
}

/** Follows the events until the server ends or the test lets go. */
async function listen(url: string, signal: AbortSignal, onToast: (message: string) => void): Promise<void> {
  const { body } = await fetch(url, { signal });
  let text = '';
  for await (const chunk of body ?? []) {
    const events = (text + Buffer.from(chunk).toString('utf8')).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const toast = toastSchema.safeParse(JSON.parse(event.replace(/^data: ?/, '')));
      if (toast.success) onToast(toast.data.properties.message);
    }
  }
}
