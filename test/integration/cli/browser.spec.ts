import { chmod, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openBrowser } from '../../../cli/browser.ts';
import { resolvePaths } from '../../../runtime/paths.ts';
import { removeTree } from '../../support/remove-tree.ts';
import { testContext } from '../../unit/cli/test-context.ts';

const URL_WITH_TOKEN = 'http://127.0.0.1:1/launch?token=s3cret&x=</script>';

describe('opening a page', () => {
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'oma-open-'));
  });
  afterEach(() => removeTree(home));

  const open = async (script: string) => {
    await writeFile(join(home, 'xdg-open'), `#!/bin/sh\n${script}\n`);
    await chmod(join(home, 'xdg-open'), 0o755);
    const environment = { PATH: `${home}:/usr/bin:/bin`, HOME: home, DISPLAY: ':0' };
    const paths = resolvePaths({}, { home, uid: 0, platform: 'linux' });
    return openBrowser(testContext({ environment, context: { paths: () => paths } }), URL_WITH_TOKEN);
  };

  it('hands the browser a private file that leads there, so that no token is in the arguments of a process', async () => {
    expect(await open('echo "$@" > "$HOME/argument"')).toBe(true);
    const argument = (await readFile(join(home, 'argument'), 'utf8')).trim();
    expect(argument).toMatch(/^file:\/\/.*\/open\.html$/);
    const page = fileURLToPath(argument);
    expect((await stat(page)).mode & 0o777).toBe(0o600);
    const target = /location\.replace\((.*)\)<\/script>/.exec(await readFile(page, 'utf8'))?.[1] ?? '';
    expect(JSON.parse(target)).toBe(URL_WITH_TOKEN);
    expect(target).not.toContain('<');
  });

  it('does it again over the page of the last time', async () => {
    expect([await open('exit 0'), await open('exit 0')]).toEqual([true, true]);
  });

  it('says that it did not when the opener fails or is not there', async () => {
    expect(await open('exit 3')).toBe(false);
    const missing = testContext({
      environment: { PATH: '/nowhere', DISPLAY: ':0' },
      context: { paths: () => resolvePaths({}, { home, uid: 0, platform: 'linux' }) },
    });
    expect(await openBrowser(missing, URL_WITH_TOKEN)).toBe(false);
  });

  it('takes a browser that stays in the foreground as opened', async () => expect(await open('sleep 4')).toBe(true));
});
