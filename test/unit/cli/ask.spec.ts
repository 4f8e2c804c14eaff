import { expect, it } from 'vitest';

import { readSecretLine } from '../../../cli/ask.ts';
import { testContext } from './test-context.ts';

it('a secret is not asked for before the terminal shows nothing of what is typed', async () => {
  const happened: string[] = [];
  const context = testContext({ isTTY: true });
  Object.assign(context.stdin, { setRawMode: (isRaw: boolean) => happened.push(isRaw ? 'silent' : 'echoing') });
  const write = context.stderr.write.bind(context.stderr);
  context.stderr.write = (text) => {
    happened.push(text);
    return write(text);
  };
  const typed = readSecretLine(context, 'Passphrase: ');
  context.input.write('open sesame\r');
  expect(await typed).toBe('open sesame');
  expect(happened.slice(0, 2)).toEqual(['silent', 'Passphrase: ']);
});
