import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  newConfig,
  pluginEntries,
  type PluginEntry,
  withoutPlugins,
  withPlugin,
} from '../../../cli/opencode-config.ts';

const OMA: PluginEntry = { spec: 'file:///oma/server.js', options: { node: '/node' } };
const isOma = ({ spec }: PluginEntry) => spec.startsWith('file:///oma') || spec.startsWith('file:///old');
const NEW = newConfig('https://opencode.ai/config.json');
const install = (text: string) => withPlugin(text, OMA, isOma);

const COMMENTED = `{
  // the theme I like
  "theme": "dark", /* really */
  "plugin": [
    "opencode-notify", // rings
    ["./mine.ts", { "loud": true }]
  ],
  "model": "openai/gpt-5.5",
}
`;

describe("OpenCode's configuration", () => {
  it('is made when there is none', () => {
    const text = install(NEW);
    expect(JSON.parse(text)).toEqual({ $schema: 'https://opencode.ai/config.json', plugin: [[OMA.spec, OMA.options]] });
    expect(text.endsWith('}\n')).toBe(true);
  });

  it('keeps comments, order, trailing commas and every other key', () => {
    const text = install(COMMENTED);
    expect(pluginEntries(text)).toEqual([
      { spec: 'opencode-notify', options: null },
      { spec: './mine.ts', options: { loud: true } },
      OMA,
    ]);
    for (const kept of [
      '// the theme I like',
      '/* really */',
      '// rings',
      '["./mine.ts", { "loud": true }]',
      '"model": "openai/gpt-5.5",\n}',
    ])
      expect(text).toContain(kept);
  });

  it('does not change when it is installed already, and replaces an older entry', () => {
    const once = install(COMMENTED);
    expect(install(once)).toBe(once);
    const old = COMMENTED.replace(
      '"opencode-notify"',
      '"file:///old/server.js", "file:///oma/server.js", "opencode-notify"',
    );
    expect(pluginEntries(install(old)).map(({ spec }) => spec)).toEqual(['opencode-notify', './mine.ts', OMA.spec]);
  });

  it.each([
    ['no list', '{\n  "theme": "dark"\n}\n'],
    ['another plugin', '{\n  "plugin": [\n    "a"\n  ],\n  "theme": "dark"\n}\n'],
    ['tabs', '{\n\t"plugin": [\n\t\t"a"\n\t]\n}\n'],
    ['Windows line ends', '{\r\n  "plugin": [\r\n    "a"\r\n  ]\r\n}\r\n'],
    ['comments and trailing commas', COMMENTED],
    ['a block comment over two lines', '{\n  "plugin": [\n    "a" /* b,\n c */\n  ]\n}\n'],
    ['one line', '{ "plugin": ["a"], "theme": "dark" }'],
    ['one line and a trailing comma', '{ "plugin": ["a",], }'],
    ['a comment behind the last plugin', '{\n  "plugin": [\n    "a" // one, two\n  ]\n}\n'],
    [
      'a value on one line that a formatter would break up',
      '{\n  "provider": { "x": { "y": 1 } },\n  "plugin": [["a", { "b": [1, 2] }]]\n}\n',
    ],
  ])('with %s is itself again after an uninstall', (_what, text) => {
    const undone = withoutPlugins(install(text), isOma);
    expect(pluginEntries(undone)).toEqual(pluginEntries(text));
    expect(undone).toBe(text);
  });

  it('keeps a comment with the plugin it is about', () => {
    expect(install('{\n  "plugin": [\n    "a" // one, two\n  ]\n}\n')).toContain(
      '"a", // one, two\n    [\n      "file:///oma/server.js",',
    );
  });

  it.each([
    '{}',
    '{ }',
    '{\n}\n',
    '{\n  "plugin": []\n}\n',
    '{"plugin":[ ]}',
    '{ // nothing yet\n}\n',
    '/* a */ {} // b',
    '{"theme":"x"}',
    '{"plugin":["a" /* b\n c */]}',
  ])('takes the plugin wherever it goes: %j', (text) => {
    const installed = install(text);
    expect(pluginEntries(installed).at(-1)).toEqual(OMA);
    expect(pluginEntries(withoutPlugins(installed, isOma))).toEqual(pluginEntries(text));
  });

  it('comes back from an install and an uninstall with the same values, whatever they are and however they are laid out', () => {
    const plugin = fc.array(fc.oneof(fc.string(), fc.tuple(fc.string(), fc.jsonValue())), { maxLength: 4 });
    const config = fc.record({ plugin, provider: fc.jsonValue(), theme: fc.string() }, { requiredKeys: [] });
    fc.assert(
      fc.property(config, fc.constantFrom(0, 1, 2, 4, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const installed = install(text);
        expect(pluginEntries(installed).at(-1)).toEqual(OMA);
        expect(pluginEntries(withoutPlugins(installed, isOma))).toEqual(pluginEntries(text));
        const { provider, theme } = JSON.parse(text) as Record<string, unknown>;
        expect(JSON.parse(withoutPlugins(installed, isOma))).toMatchObject(
          JSON.parse(JSON.stringify({ provider, theme })) as object,
        );
      }),
    );
  });

  it.each([
    '{"plugin": [\n // mine\n ["file:///oma/server.js", {}]]}',
    '{"plugin": [ // mine\n "file:///oma/server.js"], "theme": "x"}',
    '{"plugin": ["a", // one\n "file:///oma/server.js" ]}',
    '{"plugin": ["a", // one\n "file:///oma/server.js", /* two */ "b" ]}',
  ])('is never cut off by a comment: %j', (text) => {
    const undone = withoutPlugins(text, isOma);
    expect(pluginEntries(undone)).toEqual(pluginEntries(text).filter((entry) => !isOma(entry)));
    expect(undone.includes('"theme"')).toBe(text.includes('"theme"'));
  });

  it('is indented as it was', () => {
    expect(install('{\n\t"plugin": [\n\t\t"a"\n\t]\n}\n')).toContain('\n\t\t[\n\t\t\t"file:///oma/server.js"');
    expect(install('{\r\n  "theme": "x"\r\n}\r\n')).not.toMatch(/[^\r]\n/);
  });

  it('stays to the letter when there is nothing to take out', () =>
    expect(withoutPlugins(COMMENTED, isOma)).toBe(COMMENTED));

  it('is read behind a byte order mark', () => expect(pluginEntries(`\ufeff${COMMENTED}`)).toHaveLength(2));

  it.each([
    ['{\n  "plugin": [\n', 'in line 3'],
    ['{\n  "plugin" 7\n}', 'in line 2'],
    ['', 'in line 1'],
    ['[]', 'is not an object with a list "plugin"'],
    ['{"plugin":"a"}', 'is not an object with a list "plugin"'],
    ['{"plugin":[7]}', 'is not an object with a list "plugin"'],
  ])('is refused when it is %j', (text, message) => expect(() => install(text)).toThrow(message));
});
