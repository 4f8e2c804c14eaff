import { describe, expect, it } from 'vitest';

import { restoreText } from '../../../../cli/render/backup.ts';
import { colourless } from '../../../../cli/render/paint.ts';
import type { RestoreResult } from '../../../../contract/backup.ts';

const OLDER: RestoreResult = {
  dryRun: false,
  added: [],
  renewed: [],
  older: [{ alias: 'work', stored: '2026-11-29T04:00:00.000Z', backup: null }],
  switched: [],
  untouched: [],
  settings: [],
};

describe('a login of which the store has a newer copy', () => {
  it.each([
    ['refuse', true, /^The store has newer logins:\n.*backup unknown\nWithout --keep-newer or --use-older nothing/],
    ['keep-newer', true, /^Would be kept, since the store has newer logins:/],
    ['keep-newer', false, /^Kept, since the store has newer logins:\n {2}work {2}store 2026-\S+ {2}backup unknown$/],
    ['use-older', true, /^Would be taken over although/],
    ['use-older', false, /^Taken over although [^]*`oma reauth ALIAS`\.$/],
  ] as const)('is told with %s (dry run: %s) as what becomes of it', (onOlder, dryRun, words) => {
    expect(restoreText({ result: { ...OLDER, dryRun }, onOlder, aside: [] }, colourless)).toMatch(words);
  });
});
