import { describe, expect, it } from 'vitest';

import { openAiLogin, withoutPlaceholder, withPlaceholder } from '../../../cli/opencode-auth.ts';

const OTHER = { anthropic: { type: 'api', key: 'x' } };
const REAL = JSON.stringify({ openai: { type: 'oauth', refresh: 'r', access: 'a', expires: 1 } });

describe("OpenCode's logins", () => {
  it.each([
    [null, 'none'],
    ['', 'none'],
    ['{}', 'none'],
    [JSON.stringify(OTHER), 'none'],
    [REAL, 'login'],
    ['{"openai":{"type":"api","key":"k"}}', 'login'],
    [withPlaceholder(null), 'placeholder'],
  ] as const)('%s hold %s', (text, expected) => expect(openAiLogin(text)).toBe(expected));

  it('take the placeholder and give it back without touching the others', () => {
    const taken = withPlaceholder(JSON.stringify(OTHER));
    expect(JSON.parse(taken)).toEqual({
      ...OTHER,
      openai: { type: 'oauth', refresh: 'oma', access: 'oma', expires: 4_102_444_800_000 },
    });
    expect(JSON.parse(withoutPlaceholder(taken) ?? '')).toEqual(OTHER);
  });

  it('are no file when nothing but the placeholder was in it', () => {
    expect(withoutPlaceholder(withPlaceholder(null))).toBeNull();
  });

  it.each(['[]', 'no json', '"x"', '7'])('are refused when they are %s', (text) =>
    expect(() => openAiLogin(text)).toThrow("OpenCode's auth.json is not a JSON object"),
  );
});
