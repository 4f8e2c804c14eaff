import * as z from 'zod';

import type { Fault } from './faults.ts';
import { type Gate, gate } from './gate.ts';
import { acceptsEffort } from './models.ts';
import { readPrompt } from './prompt-cache.ts';
import { refusal, type RefusalKind, usageLimit } from './refusals.ts';
import { type Answer, json, type Reply } from './reply.ts';
import { type Handled, jsonBody, type Note, type SimRequest } from './request.ts';
import type { Seat } from './seat.ts';
import { hugeBytes, streamReply } from './spoil.ts';
import { streamScript, type Usage } from './stream.ts';
import { consume, exhaustedWindow, limitHeaders, MAIN_LIMIT_ID } from './windows.ts';
import { nextFault, nextId, replaceSeat, type World } from './world.ts';

const BYTES_PER_TOKEN = 4;
const QUOTE_CHARS = 120;
/** A text is sent as deltas, as a whole, in its part, in its item and in the response. */
const TEXT_COPIES = 5;

const bodySchema = z
  .object({
    model: z.string().min(1).max(200),
    stream: z.boolean().default(false),
    input: z.union([z.string(), z.array(z.unknown())]).default(''),
    prompt_cache_key: z.string().max(1_000).nullish(),
    reasoning: z.object({ effort: z.string().max(40).nullish() }).nullish(),
  })
  .transform(({ prompt_cache_key, reasoning, ...rest }) => ({
    ...rest,
    promptCacheKey: prompt_cache_key ?? null,
    effort: reasoning?.effort ?? null,
  }));
const messageSchema = z.object({ role: z.literal('user'), content: z.union([z.string(), z.array(z.unknown())]) });
const textSchema = z.object({ text: z.string() });

type ModelRequest = z.infer<typeof bodySchema>;

const UNREADABLE: ModelRequest = { model: '', stream: false, input: '', promptCacheKey: null, effort: null };
const DEFAULT_EFFORT = 'medium';

/** Serves `POST /codex/responses`: the model call that costs quota. */
export function handleResponses(world: World, request: SimRequest, now: number): Handled {
  const body = bodySchema.safeParse(jsonBody(request)).data ?? UNREADABLE;
  const effort = body.effort ?? DEFAULT_EFFORT;
  const inSession = body.promptCacheKey !== null;
  const gated = gate(world, request, { endpoint: 'responses', model: body.model || null, effort, inSession, now });
  const note: Note = { ...gated.note, effort: body.effort, promptCacheKey: body.promptCacheKey };
  if (gated.kind === 'refused') return { world: gated.world, reply: gated.reply, note };
  const refused = refuse(gated, body, now);
  if (refused === null) return answer(gated, { body, bytes: request.body.length, now, note });
  return { world: gated.world, reply: refused.reply, note: { ...note, refusedFor: refused.reason } };
}

/** Reads what the person asked last. */
export function lastUserText(input: ModelRequest['input']): string {
  if (typeof input === 'string') return input;
  const messages = input.map((item) => messageSchema.safeParse(item).data).filter((item) => item !== undefined);
  const content = messages.at(-1)?.content ?? '';
  if (typeof content === 'string') return content;
  return content
    .map((part) => textSchema.safeParse(part).data?.text ?? '')
    .join(' ')
    .trim();
}

type OpenGate = Extract<Gate, { kind: 'open' }>;

interface Asked {
  readonly body: ModelRequest;
  readonly bytes: number;
  readonly now: number;
  readonly note: Note;
}

interface Refused {
  readonly reply: Reply;
  readonly reason: string;
}

function refuse(gated: OpenGate, body: ModelRequest, now: number): Refused | null {
  if (body.model === '') return badRequest('The request body is not a Responses request.');
  if (!body.stream) return badRequest('Stream must be set to true');
  const { world, seat } = gated;
  const effort = body.effort ?? DEFAULT_EFFORT;
  const say = (kind: RefusalKind) => ({
    reply: refusal(kind, { now, seat, model: body.model, effort, fault: {} }),
    reason: kind,
  });
  const entitled =
    seat.allowedModels === null
      ? !world.settings.retiredModels.includes(body.model)
      : seat.allowedModels.includes(body.model);
  if (!entitled) return say('model-unsupported');
  if (!acceptsEffort(body.model, effort)) return say('effort-unsupported');
  const full = exhaustedWindow(seat, body.model, now);
  if (full === null) return null;
  const headers = limitHeaders(seat, now);
  if (full.limitId !== MAIN_LIMIT_ID) headers['x-codex-active-limit'] = full.limitId;
  const context = { now, seat, model: body.model, effort, fault: {} };
  return { reply: usageLimit(context, full.resetsAtMs, headers), reason: 'usage-limit' };
}

function badRequest(detail: string): Refused {
  return { reply: json(400, { detail }), reason: detail };
}

function answer(gated: OpenGate, asked: Asked): Handled {
  const { body, now } = asked;
  const seat = consume(gated.seat, body.model, now);
  const [charged, usage] = remember(replaceSeat(gated.world, seat), seat, asked);
  const [withResponseId, responseId] = nextId(charged, 'resp_');
  const [withItemId, itemId] = nextId(withResponseId, 'msg_');
  const [world, armed] = nextFault(withItemId, {
    stage: 'answer',
    endpoint: 'responses',
    alias: seat.alias,
    model: body.model,
    inSession: body.promptCacheKey !== null,
  });
  const fault = armed?.fault ?? null;
  const script = streamScript({
    responseId,
    itemId,
    model: body.model,
    text: answerText(seat, body, fault),
    chunks: world.settings.chunks,
    createdAt: Math.floor(now / 1_000),
    usage,
  });
  const reply = streamReply(streamHead(world, limitHeaders(seat, now), responseId), script, fault);
  const note = { ...asked.note, cachedTokens: usage.cachedTokens };
  return { world, reply, note: fault === null ? note : { ...note, faultKind: fault.kind } };
}

function answerText(seat: Seat, body: ModelRequest, fault: Fault | null): string {
  const asked = lastUserText(body.input).replaceAll(/\s+/g, ' ').trim();
  const quote = asked.length > QUOTE_CHARS ? `${asked.slice(0, QUOTE_CHARS)}…` : asked;
  const text = `Simulated answer from ${seat.alias}: you said “${quote}”.`;
  return fault?.kind === 'huge' ? text.padEnd(Math.ceil(hugeBytes(fault) / TEXT_COPIES), ' and so on') : text;
}

function remember(world: World, seat: Seat, asked: Asked): readonly [World, Usage] {
  const inputTokens = Math.ceil(asked.bytes / BYTES_PER_TOKEN);
  const outputTokens = 12 + world.settings.chunks;
  const key = asked.body.promptCacheKey;
  if (key === null) return [world, { inputTokens, cachedTokens: 0, outputTokens }];
  const prompt = { alias: seat.alias, key, tokens: inputTokens };
  const [prompts, cachedTokens] = readPrompt(world.prompts, prompt, asked.now);
  return [
    { ...world, prompts },
    { inputTokens, cachedTokens, outputTokens },
  ];
}

function streamHead(world: World, headers: Readonly<Record<string, string>>, responseId: string): Answer {
  return {
    kind: 'answer',
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-request-id': `req_${responseId}`,
      ...headers,
    },
    chunks: [],
    ending: 'end',
    delayMs: world.settings.firstByteDelayMs,
    chunkDelayMs: world.settings.chunkDelayMs,
  };
}
