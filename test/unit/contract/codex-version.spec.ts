import { describe, expect, it } from 'vitest';

import { isSupported, namesAccount, parseVersion } from '../../../contract/codex-version.ts';

describe('the version of codex', () => {
  it.each([
    ['codex-cli 0.169.0\n', '0.169.0'],
    ['codex 0.170.0-alpha.3\n', '0.170.0-alpha.3'],
    ['codex-cli 1.0.0', '1.0.0'],
    ['codex-cli dev\n', null],
    ['0.169.0\n', null],
    ['codex-cli 0.169.0\nmore\n', null],
    ['', null],
  ])('is read from %j as %s', (stdout, version) => {
    expect(parseVersion(stdout)).toBe(version);
  });

  it.each([
    ['0.60.1', false],
    ['0.154.9', false],
    ['0.155.0', true],
    ['0.169.0', true],
    ['0.1000.0', true],
    ['1.0.0', true],
    ['nonsense', false],
  ])('%s is supported: %s', (version, supported) => {
    expect(isSupported(version)).toBe(supported);
  });

  it('tells whether a session must name its account', () => {
    expect([namesAccount('0.155.1'), namesAccount('0.168.0'), namesAccount('0.169.0'), namesAccount('1.2.0')]).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});
