import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { importableStore } from '../../../cli/simulator/credentials.ts';
import { showOnDesktop } from '../../../runtime/desktop.ts';
import { PATIENCE } from '../../support/patience.ts';
import { useReceiver } from '../../support/receiver.ts';
import { removeTree } from '../../support/remove-tree.ts';
import { useSimulator } from '../../support/simulator.ts';
import { useHome } from './home.ts';

/** Stands in for the program that shows a message: writes each of its arguments to a line of `$HOME/desktop`. */
async function useDesktop(home: string, program: string): Promise<{ tools: string; shown: () => Promise<string[]> }> {
  const tools = join(home, 'tools');
  await mkdir(tools, { recursive: true });
  await writeFile(join(tools, program), `#!/bin/sh\nprintf '%s\\n' "$@" >> "$HOME/desktop"\n`, { mode: 0o755 });
  return {
    tools,
    shown: async () => (await readFile(join(home, 'desktop'), 'utf8').catch(() => '')).split('\n').slice(0, -1),
  };
}

describe('a message on the desktop', () => {
  const message = { title: '-e "work" $(id)', message: '20 % of `weekly` is left.' };

  it.each([
    ['linux', 'notify-send', ['--app-name=oma', '--', message.title, message.message]],
    [
      'darwin',
      'osascript',
      [
        '-e',
        'on run argv',
        'display notification (item 2 of argv) with title (item 1 of argv)',
        'end run',
        message.title,
        message.message,
      ],
    ],
  ] as const)('of %s is handed to %s as arguments, whatever it says', async (platform, program, args) => {
    const home = await mkdtemp(join(tmpdir(), 'oma-desktop-'));
    onTestFinished(() => removeTree(home));
    const { tools, shown } = await useDesktop(home, program);
    const show = (path: string) => showOnDesktop({ platform, env: { PATH: path, HOME: home, SECRET: 'x' } }, message);
    expect(await show(tools)).toBe(null);
    expect(await shown()).toEqual(args);
    expect(await show(join(home, 'empty'))).toContain(`There is no ${program} `);
    await writeFile(join(tools, program), '#!/bin/sh\nexit 1\n');
    expect(await show(tools)).toMatch(/^(notify-send found no desktop|macOS did not show it)/);
  });
});

describe('what a person is told', () => {
  it('arrives once for each crossing, on the desktop, at a webhook and in ntfy', async () => {
    const simulator = await useSimulator({ seats: 2 });
    const receiver = await useReceiver(200);
    const home = await useHome({
      OPENCODE_MULTI_AUTH_BASE_URL: simulator.baseUrl,
      OPENCODE_MULTI_AUTH_ISSUER_URL: simulator.issuerUrl,
    });
    const { tools, shown } = await useDesktop(home.path, 'notify-send');
    const env = { ...home.env, PATH: `${tools}${delimiter}${home.env['PATH'] ?? ''}` };
    const oma = async (...args: readonly string[]) => {
      const { code, stderr } = await home.omaWith(env, ...args);
      return { code, stderr };
    };
    const [work] = simulator.control.state().seats.map(({ alias }) => alias);
    if (work === undefined) throw new Error('The simulator has no seat.');
    await writeFile(
      join(home.path, 'logins.json'),
      JSON.stringify(importableStore([simulator.control.credentials(work)])),
      { mode: 0o600 },
    );
    const used = async (durationMinutes: number, usedPercent: number) => {
      simulator.control.setUsedPercent(work, { durationMinutes, usedPercent });
      expect(await oma('probe', work)).toMatchObject({ code: 0 });
    };
    const targets = { notifyDesktop: true, notifyWebhookUrl: receiver.url, notifyNtfyUrl: receiver.url };
    await writeFile(join(home.path, 'oma.json'), JSON.stringify({ probeSources: ['usage-endpoint'], ...targets }));
    expect(await oma('up', '--detach', '--config', 'oma.json')).toMatchObject({ code: 0 });
    expect(await oma('import', 'logins.json')).toMatchObject({ code: 0 });
    expect(await home.json('notify', 'test')).toMatchObject({
      channels: [
        { channel: 'toast', result: 'nobody' },
        { channel: 'desktop', result: 'delivered' },
        { channel: 'webhook', result: 'delivered' },
        { channel: 'ntfy', result: 'delivered' },
      ],
    });
    expect(receiver.received.splice(0)).toHaveLength(2);
    await used(10_080, 10);
    await used(300, 10);
    await used(300, 80);
    await used(300, 85);
    await used(10_080, 90);
    simulator.control.revokeLogins(work);
    expect(await oma('probe', work)).not.toMatchObject({ code: 0 });

    await expect.poll(() => receiver.received.length, PATIENCE).toBe(8);
    const titles = [
      `${work} is running low`,
      `${work} is running low`,
      `${work} needs a login`,
      'No account can serve',
    ];
    const [webhook, ntfy] = [true, false].map((isJson) =>
      receiver.received.filter(({ headers }) => (headers['content-type'] === 'application/json') === isJson),
    );
    // Those of one moment are sent side by side, and may arrive in any order.
    const sorted = titles.toSorted();
    expect(webhook?.map(({ body }) => (JSON.parse(body) as { title: string }).title).toSorted()).toEqual(sorted);
    expect(ntfy?.map(({ headers }) => String(headers['title'])).toSorted()).toEqual(sorted);
    expect(ntfy?.map(({ body }) => body.replace(/;.*/, '')).toSorted()).toEqual([
      expect.stringMatching(/^10 % of the weekly limit/) as string,
      expect.stringMatching(/^(15|20) % of the five-hour limit/) as string,
      'All 1 enabled accounts are blocked. None comes back by itself.',
      `The provider no longer accepts its login. Run: oma reauth ${work}`,
    ]);
    await expect
      .poll(async () => (await shown()).filter((line) => titles.includes(line)).toSorted(), PATIENCE)
      .toEqual(sorted);

    await writeFile(join(tools, 'notify-send'), '#!/bin/sh\nexit 1\n');
    const failed = await home.omaWith(env, 'notify', 'test');
    expect([failed.code, failed.stdout]).toEqual([
      1,
      expect.stringMatching(/^desktop +failed +notify-send found no desktop.*"oma down"/m) as string,
    ]);
    expect((await home.omaWith(env, 'status')).stdout).toMatch(/^Messages +desktop failed .* `oma notify test`/m);
  });
});
