import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { SettingsView } from '../../../contract/settings.ts';
import type { Status } from '../../../contract/status.ts';
import { PATIENCE } from '../../support/patience.ts';
import { type Home, useHome } from './home.ts';

describe('the configuration file of `oma up --config`', () => {
  it('[F.L1.4] wins over what is stored, is read again when it changes, and a bad one leaves the last good one in force', async () => {
    const home = await useHome();
    const configure = configurer(home);
    const file = await configure('{"lowThreshold":40}');
    expect((await home.oma('up', '--detach', '--config', file)).code).toBe(0);
    expect((await home.oma('settings', 'set', 'criticalThreshold', '7')).code).toBe(0);
    expect(await thresholds(home)).toEqual({ lowThreshold: [40, 'runtime'], criticalThreshold: [7, 'persisted'] });

    await configure('{"criticalThreshold":15,"lowThreshold":50}');
    await expect
      .poll(() => thresholds(home), PATIENCE)
      .toEqual({ lowThreshold: [50, 'runtime'], criticalThreshold: [15, 'runtime'] });
    expect(await home.json('settings', 'set', 'criticalThreshold', '9')).toMatchObject({ code: 'SETTING_LOCKED' });

    await configure('{"lowThreshold":"much"}');
    await expect
      .poll(async () => (await home.oma('logs')).stdout, PATIENCE)
      .toContain('the configuration file cannot be used; the last good one stays in force');
    expect(await thresholds(home)).toEqual({ lowThreshold: [50, 'runtime'], criticalThreshold: [15, 'runtime'] });
    expect(await fileProblem(home)).toMatch(/^The configuration file is not valid \(lowThreshold: /);

    await configure('{"criticalThreshold":60,"lowThreshold":50}');
    await expect
      .poll(() => fileProblem(home), PATIENCE)
      .toBe(
        'The configuration file contradicts itself: The critical threshold (60) must be below the low threshold (50).',
      );
    expect((await home.oma('status')).stdout).toContain('The last good one is in force.');

    await configure('{}');
    await expect
      .poll(() => thresholds(home), PATIENCE)
      .toEqual({ lowThreshold: [30, 'default'], criticalThreshold: [7, 'persisted'] });
    expect(await fileProblem(home)).toBeNull();
    expect((await home.oma('logs')).stdout).toMatch(/config-file.*settings\.reload|settings\.reload.*config-file/);
  });

  it.each([
    [
      '{"lowThreshold":"much"}',
      /^oma: The configuration file is not valid \(lowThreshold: .*\)\. Correct it and try again\.$/,
    ],
    ['{', /^oma: The configuration file is not JSON\. Correct it and try again\.$/],
  ])('starts nothing with the bad file %s, and says what is wrong', async (content, message) => {
    const home = await useHome();
    const file = await configurer(home)(content);
    const { code, stderr } = await home.oma('up', '--detach', '--config', file);
    expect([code, stderr.trim()]).toEqual([78, expect.stringMatching(message)]);
  });
});

/** Replaces the file in one step, as editors do. */
function configurer(home: Home): (content: string) => Promise<string> {
  const file = join(home.path, 'oma.json');
  return async (content) => {
    await writeFile(`${file}.new`, content);
    await rename(`${file}.new`, file);
    return file;
  };
}

async function fileProblem(home: Home): Promise<string | null> {
  return (await home.json<Status>('status')).configFileProblem;
}

async function thresholds(home: Home): Promise<Record<string, readonly [unknown, string | undefined]>> {
  const { settings, origins } = await home.json<SettingsView>('settings', 'get');
  return {
    lowThreshold: [settings.lowThreshold, origins['lowThreshold']],
    criticalThreshold: [settings.criticalThreshold, origins['criticalThreshold']],
  };
}
