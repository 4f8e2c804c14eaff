import { onTestFinished } from 'vitest';

import { type OmaOptions, type OmaSandbox, openOma } from './oma-sandbox.ts';

export { DIST, type OmaSandbox } from './oma-sandbox.ts';

/** Opens a sandbox that goes when the test is over. */
export async function useOma(options: OmaOptions): Promise<OmaSandbox> {
  const oma = await openOma(options);
  onTestFinished(async () => {
    await oma.end();
    await oma.opencode.remove();
  });
  return oma;
}
