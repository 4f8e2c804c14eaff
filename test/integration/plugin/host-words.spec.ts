import { createReadStream } from 'node:fs';

import { expect, it } from 'vitest';

import { RETRY_WORDS } from '../../../plugin/retry-words.ts';
import { opencodeBinary } from '../../support/real-opencode.ts';

const OVERLAP_BYTES = 4_096;

/** Finds the list in the JavaScript that the binary carries, reading it piece by piece. */
async function listInBinary(): Promise<string | null> {
  let before = '';
  for await (const piece of createReadStream(opencodeBinary(), { highWaterMark: 8 * 1_024 * 1_024 })) {
    const text = before + (piece as Buffer).toString('latin1');
    const list = /=\[(\/429\|500\|.{200,3000}?\/i)\];?[,;a-z]/.exec(text)?.[1];
    if (list !== undefined) return list;
    before = text.slice(-OVERLAP_BYTES);
  }
  return null;
}

it('knows exactly the words that the pinned OpenCode tries again for', async () => {
  expect(await listInBinary()).toBe(RETRY_WORDS.map(String).join(','));
});
