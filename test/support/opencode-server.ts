import { type ChildProcess, spawn } from 'node:child_process';

import * as z from 'zod';

import { opencodeBinary, type OpenCodeSandbox } from './real-opencode.ts';

const START_MS = 90_000;
const KILL_AFTER_MS = 5_000;

const sessionSchema = z.object({ id: z.string() });
const toastSchema = z.object({ type: z.literal('tui.toast.show'), properties: z.object({ message: z.string() }) });
const messageSchema = z.object({
  info: z.object({ error: z.object({ name: z.string(), data: z.looseObject({ message: z.string().optional() }).optional() }).optional() }),
  parts: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
});

/** What became of a prompt. */
export interface Prompted {
  readonly text: string;
  /** The error that OpenCode shows; null = none. */
  readonly error: string | null;
}

/** An OpenCode that serves many prompts. */
export interface OpenCodeServer {
  readonly pid: number;
  readonly newSession: () => Promise<string>;
  readonly prompt: (session: string, text: string) => Promise<Prompted>;
  /** Messages of the toasts shown so far. */
  readonly toasts: () => readonly string[];
  /** What Esc does. */
  readonly abort: (session: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts `opencode serve` in a sandbox. */
export async function opencodeServe(sandbox: OpenCodeSandbox): Promise<OpenCodeServer> {
  const child = spawn(opencodeBinary(), ['serve', '--port', '0', '--hostname', '127.0.0.1'], { cwd: sandbox.project, env: { ...sandbox.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const url = await address(child);
  const toasts: string[] = [];
  const listening = new AbortController();
  listen(`${url}/event?directory=${encodeURIComponent(sandbox.project)}`, listening.signal, (message) => toasts.push(message)).catch(() => undefined);
  const post = async (path: string, body: unknown = {}): Promise<unknown> => {
    const response = await fetch(`${url}${path}?directory=${encodeURIComponent(sandbox.project)}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`OpenCode answered ${response.status} to ${path}: ${await response.text()}`);
    return response.json();
  };
  return {
    pid: child.pid ?? -1,
    newSession: async () => sessionSchema.parse(await post('/session', { title: 'a session with a title asks for none' })).id,
    async prompt(session, text) {
      const answer = await post(`/session/${session}/message`, { model: { providerID: 'openai', modelID: 'gpt-5.5' }, parts: [{ type: 'text', text }] });
      const { info, parts } = messageSchema.parse(answer);
      return { text: parts.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join(''), error: info.error === undefined ? null : (info.error.data?.message ?? info.error.name) };
    },
    toasts: () => toasts,
    abort: async (session) => {
      await post(`/session/${session}/abort`);
    },
    close() {
      listening.abort();
      return ended(child);
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

function address(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`OpenCode did not start: ${said}`));
    }, START_MS);
    const onText = (text: Buffer): void => {
      said += text.toString('utf8');
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (url === undefined) return;
      clearTimeout(late);
      resolve(url);
    };
    child.stdout?.on('data', onText);
    child.stderr?.on('data', onText);
    child.once('error', reject);
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const lastResort = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  await over;
  clearTimeout(lastResort);
}
