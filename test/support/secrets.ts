import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { OmaSandbox } from './oma-sandbox.ts';

/** Every token in the store, and the launch token. */
export async function secretsOf(oma: OmaSandbox): Promise<readonly string[]> {
  const { store } = await oma.status();
  const text = readFileSync(store.file, 'utf8');
  const tokens = [...text.matchAll(/"(?:access|refresh|id)Token":\s*"([^"]+)"/g)].flatMap(([, token]) => token ?? []);
  return [...tokens, launchTokenOf(oma)];
}

/** What opens the dashboard of this home. */
export function launchTokenOf({ env }: OmaSandbox): string {
  const directory = join(env['XDG_STATE_HOME'] ?? '', 'opencode-multi-auth');
  return readFileSync(join(directory, 'dashboard-token'), 'utf8').trim();
}
