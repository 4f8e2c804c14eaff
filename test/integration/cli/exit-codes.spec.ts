import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { commandTable } from '../../../cli/commands/table.ts';
import { exitsOfErrors } from '../../../cli/exits.ts';
import { importableStore } from '../../../cli/simulator/credentials.ts';
import { useSimulator } from '../../support/simulator.ts';
import { type Home, useHome } from './home.ts';

const PREFIX = 'OPENCODE_MULTI_AUTH_';
/** What nothing from outside brings about: a mistake of oma, an answer larger than a message may be. */
const NOT_PROVOKED = [70, 76];

/** Runs a command, and tells with which code it ended and which error it named. */
async function end(home: Home, line: string, env: Readonly<Record<string, string>> = {}) {
  const { code, stdout } = await home.omaWith({ ...home.env, ...env }, ...line.split(' '), '--json');
  const said = JSON.parse(stdout) as { code?: string };
  return [code, said.code ?? null];
}

it('every exit code that help lists is what a command ends with where that happens', async () => {
  const simulator = await useSimulator({
    seats: [{ alias: 'ann', email: 'ann@example.test', accountId: 'ws-ann', userId: 'user-ann' }],
  });
  const home = await useHome({
    [`${PREFIX}BASE_URL`]: simulator.baseUrl,
    [`${PREFIX}ISSUER_URL`]: simulator.issuerUrl,
  });
  const broken = join(home.path, 'broken.json');
  await writeFile(broken, '{"accounts": [');
  await mkdir(join(home.path, 'a-directory'));
  const seen: (readonly [string, readonly (number | string | null)[]])[] = [];
  const sees = async (line: string, wanted: readonly [number, string | null], env = {}) => {
    seen.push([line, wanted]);
    expect([line, await end(home, line, env)]).toEqual([line, wanted]);
  };

  // Nobody runs yet.
  await sees('version', [0, null]);
  await sees('lsit', [2, 'USAGE']);
  await sees('status', [7, 'SUPERVISOR_NOT_RUNNING']);
  await sees('plugin status', [1, null]);
  await sees('service status', [1, null]);
  await sees(`store check ${broken}`, [65, null]);
  await sees('list', [78, 'CONFIG_INVALID'], { [`${PREFIX}PORT`]: 'many' });
  await sees('up --detach --host 0.0.0.0', [78, 'NON_LOOPBACK_HOST']);
  await sees('up --detach', [65, 'STORE_DAMAGED'], { [`${PREFIX}STORE_FILE`]: broken });
  await sees('up --detach', [77, 'STORE_UNREADABLE'], { [`${PREFIX}STORE_FILE`]: join(home.path, 'a-directory') });

  // One account on a provider that then goes away.
  const logins = join(home.path, 'logins.json');
  await writeFile(logins, JSON.stringify(importableStore([simulator.control.credentials('ann')])), { mode: 0o600 });
  await sees(`import ${logins}`, [0, null]);
  await sees(`import ${broken}`, [65, 'IMPORT_INVALID']);
  await sees('import no-such-file', [66, 'IMPORT_NOT_FOUND']);
  await sees('enable nobody', [3, 'ACCOUNT_NOT_FOUND']);
  await sees('disable ann', [3, 'LAST_ENABLED_ACCOUNT']);
  await sees('backup broken.json/oma.backup --passphrase-env WORDS', [74, 'STORE_UNWRITABLE'], {
    WORDS: 'four words of chance',
  });
  await sees('settings set probeSources usage-endpoint', [0, null]);
  const waiting = home.attend('add', 'eve', '--device');
  await waiting.says('Code: ');
  await sees('add eve --device', [75, 'OPERATION_IN_PROGRESS']);
  waiting.child.kill('SIGINT');
  expect(await waiting.ended).toBe(130);
  await simulator.close();
  await sees('probe ann', [1, null]);
  await sees('add eve --device', [69, 'UPSTREAM_UNREACHABLE']);

  const provoked = new Set(seen.map(([, [code]]) => code));
  const listed = exitsOfErrors(commandTable()).map(({ exit }) => exit);
  expect(listed.filter((exit) => !provoked.has(exit) && !NOT_PROVOKED.includes(exit))).toEqual([]);
});
