/** A model answer as the pieces a client may get: a cut can fall between any two of them. */
export interface StreamScript {
  readonly head: string;
  readonly deltas: readonly string[];
  readonly tail: string;
  /** Makes one more event in sequence after `afterDeltas` pieces of text. */
  readonly event: (afterDeltas: number, type: string, fields: Readonly<Record<string, unknown>>) => string;
  readonly response: Readonly<Record<string, unknown>>;
}

export interface StreamInput {
  readonly responseId: string;
  readonly itemId: string;
  readonly model: string;
  readonly text: string;
  readonly chunks: number;
  readonly createdAt: number;
  readonly usage: Usage;
}

export interface Usage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/** Writes a whole answer as the Responses API streams it. */
export function streamScript(input: StreamInput): StreamScript {
  const parts = splitText(input.text, input.chunks);
  const response = responseObject(input);
  const place = { output_index: 0, content_index: 0, item_id: input.itemId };
  const item = (status: string, content: unknown[]) => ({
    id: input.itemId,
    type: 'message',
    status,
    role: 'assistant',
    content,
  });
  const part = { type: 'output_text', annotations: [], logprobs: [], text: input.text };
  const head = [
    sse(0, 'response.created', { response }),
    sse(1, 'response.in_progress', { response }),
    sse(2, 'response.output_item.added', { output_index: 0, item: item('in_progress', []) }),
    sse(3, 'response.content_part.added', { ...place, part: { ...part, text: '' } }),
  ];
  const first = head.length;
  const deltas = parts.map((delta, index) =>
    sse(first + index, 'response.output_text.delta', { ...place, delta, logprobs: [] }),
  );
  const after = first + deltas.length;
  const done = item('completed', [part]);
  const tail = [
    sse(after, 'response.output_text.done', { ...place, text: input.text, logprobs: [] }),
    sse(after + 1, 'response.content_part.done', { ...place, part }),
    sse(after + 2, 'response.output_item.done', { output_index: 0, item: done }),
    sse(after + 3, 'response.completed', {
      response: { ...response, status: 'completed', output: [done], usage: usageObject(input.usage) },
    }),
  ];
  return {
    head: head.join(''),
    deltas,
    tail: tail.join(''),
    response,
    event: (afterDeltas, type, fields) => sse(first + afterDeltas, type, fields),
  };
}

/** Frames one server-sent event. */
export function sse(sequence: number, type: string, fields: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...fields })}\n\n`;
}

/** Cuts a text into exactly `count` non-empty pieces, adding filler when it is too short. */
export function splitText(text: string, count: number): readonly string[] {
  const characters = Array.from(text);
  if (characters.length < count) return splitText(`${text}${' …'.repeat(count - characters.length)}`, count);
  return Array.from({ length: count }, (_, index) =>
    characters
      .slice(Math.floor((index * characters.length) / count), Math.floor(((index + 1) * characters.length) / count))
      .join(''),
  );
}

function responseObject(input: StreamInput): Record<string, unknown> {
  return {
    id: input.responseId,
    object: 'response',
    created_at: input.createdAt,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model: input.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    service_tier: 'auto',
    store: false,
    tool_choice: 'auto',
    tools: [],
    usage: null,
    user: null,
    metadata: {},
  };
}

function usageObject(usage: Usage): Record<string, unknown> {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
