import { describe, expect, it } from 'vitest';

import { splitText, streamScript } from '../../../../cli/simulator/stream.ts';

const SCRIPT = streamScript({
  responseId: 'resp_1',
  itemId: 'msg_1',
  model: 'gpt-5.5',
  text: 'Hello there',
  chunks: 3,
  createdAt: 1_800_000_000,
  usage: { inputTokens: 10, cachedTokens: 4, outputTokens: 3 },
});

function events(text: string): { type: string; sequence_number: number; delta?: string; response?: unknown }[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => JSON.parse(block.slice(block.indexOf('data: ') + 6)) as { type: string; sequence_number: number });
}

describe('a streamed answer', () => {
  it('has the events of the Responses API, numbered without a gap', () => {
    const all = events([SCRIPT.head, ...SCRIPT.deltas, SCRIPT.tail].join(''));
    expect(all.map((event) => event.type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(all.map((event) => event.sequence_number)).toEqual(all.map((_, index) => index));
    expect(all.map((event) => event.delta ?? '').join('')).toBe('Hello there');
    expect(all.at(-1)?.response).toMatchObject({
      status: 'completed',
      usage: { input_tokens: 10, input_tokens_details: { cached_tokens: 4 }, output_tokens: 3, total_tokens: 13 },
    });
  });

  it('numbers an event put in after some of the text', () => {
    expect(events(SCRIPT.event(2, 'error', {}))[0]?.sequence_number).toBe(6);
  });

  it.each([
    ['abcdef', 3, ['ab', 'cd', 'ef']],
    ['abcde', 2, ['ab', 'cde']],
    ['né “x”', 1, ['né “x”']],
  ])('cuts %s into %i pieces', (text, count, pieces) => {
    expect(splitText(text, count)).toEqual(pieces);
  });

  it('never has an empty piece, however short the text', () => {
    const pieces = splitText('hi', 50);
    expect(pieces).toHaveLength(50);
    expect(pieces.every((piece) => piece.length > 0)).toBe(true);
    expect(pieces.join('').startsWith('hi')).toBe(true);
  });
});
