import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { askModel } from '../support/ask-model.ts';
import type { AskResult } from '../support/plugin-driver.ts';
import { opencodeRun } from '../support/real-opencode.ts';
import { type Bench, CUT_MODEL, DIRECT } from './bench.ts';
import type { Line } from './journal.ts';

type Request = Extract<Line, { kind: 'request' }>;
type Told = Pick<Request, 'ok' | 'alias' | 'detail'>;

const ANSWER_MS = 120_000;
const NEW_SESSION_SHARE = 0.2;
const SESSIONS = 4;
const DIRECT_SHARE = 0.1;
const MODEL = 'gpt-6-luna';

/** Sends requests at the given mean rate until told to stop; returns when all are answered. */
export async function traffic(bench: Bench, perSecond: number, signal: AbortSignal): Promise<void> {
  const { hosts, random } = bench;
  // Sessions of an earlier run would still be bound to the accounts of then.
  const run = randomUUID().slice(0, 8);
  const sessions = { node: newSessions(random, `ses_${run}n`), bun: newSessions(random, `ses_${run}b`) };
  const open = new Set<Promise<void>>();
  while (!signal.aborted) {
    const runtime = random() < 0.5 ? 'node' : 'bun';
    const asked =
      random() < DIRECT_SHARE
        ? timed(bench, 'direct', () => askDirectly(bench))
        : timed(bench, runtime, async () =>
            toldBy(await hosts[runtime].ask({ session: sessions[runtime](), model: MODEL })),
          );
    open.add(asked);
    void asked.finally(() => open.delete(asked));
    await sleep((random() * 2 * 1_000) / perSecond, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(open);
}

/** A request whose answer the provider cuts in the middle: it may fail, and nothing else may. */
export function cutRequest(bench: Bench): Promise<void> {
  bench.fault({ kind: 'cut-mid-stream', model: CUT_MODEL });
  return timed(bench, 'node', async () => toldBy(await bench.hosts.node.ask({ model: CUT_MODEL })), { excused: true });
}

/** One prompt in the real OpenCode. */
export function realPrompt(bench: Bench): Promise<void> {
  return timed(bench, 'opencode', async () => {
    const { code, stdout, stderr } = await opencodeRun(bench.oma.opencode, 'soaking', { deadlineMs: ANSWER_MS });
    const alias = servedBy(stdout);
    return { ok: code === 0 && alias !== null, alias, detail: alias === null ? stderr.slice(-200) : null };
  });
}

async function timed(
  { journal }: Bench,
  client: Request['client'],
  ask: () => Promise<Told>,
  { excused = false } = {},
): Promise<void> {
  const startedAt = performance.now();
  const late = new AbortController();
  const told = await Promise.race([
    ask().catch((error: unknown): Told => ({ ok: false, alias: null, detail: String(error) })),
    sleep(ANSWER_MS, { ok: false, alias: null, detail: 'no answer in time' }, { signal: late.signal }),
  ]);
  late.abort();
  const ms = Math.round((performance.now() - startedAt) * 10) / 10;
  journal.add({ kind: 'request', atMs: Date.now(), client, excused, ms, ...told });
}

async function askDirectly({ simulator }: Bench): Promise<Told> {
  const response = await askModel(simulator, simulator.control.credentials(DIRECT), { model: MODEL });
  const text = await response.text();
  return { ok: text.includes('response.completed'), alias: servedBy(text), detail: null };
}

function toldBy({ status, text = '', error }: AskResult): Told {
  const ok = status === 200 && error === undefined && text.includes('response.completed');
  return {
    ok,
    alias: servedBy(text),
    detail: ok ? null : `${String(status)} ${error?.message ?? text.slice(0, 300)}`,
  };
}

function servedBy(text: string): string | null {
  return /Simulated answer from (\w+)/.exec(text)?.[1] ?? null;
}

/** Picks a session to go on with; now and then one of them is over and a new one begins. */
function newSessions(random: () => number, prefix: string): () => string {
  const open: string[] = [];
  let begun = 0;
  return () => {
    const at = Math.floor(random() * SESSIONS);
    if (open[at] === undefined || random() < NEW_SESSION_SHARE) open[at] = `${prefix}${String((begun += 1))}`;
    return open[at];
  };
}
