import { access, rename } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { OlderPolicy } from '../../contract/backup.ts';
import { isOmaError } from '../../contract/errors.ts';
import type { Params } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import { refuseBadBackup } from '../check-store.ts';
import { command, type TypedInput } from '../command.ts';
import type { Context } from '../context.ts';
import { usage } from '../parse.ts';
import { givenPassphrase, lendPassphrase, newPassphrase, PASSPHRASE_FLAGS, type Unlock } from '../passphrase.ts';
import { backupText, restoreText } from '../render/backup.ts';
import { type Session, STARTING } from '../session.ts';
import { withSession } from '../with-session.ts';

const OLDER_FLAGS = {
  'keep-newer': { summary: 'Restores all but logins of which the store has a newer copy.' },
  'use-older': { summary: 'Takes the logins of the backup even where the store has newer ones.' },
} as const;
const RESTORE_FLAGS = {
  'dry-run': { summary: 'Shows what would change and changes nothing.' },
  ...OLDER_FLAGS,
  ...PASSPHRASE_FLAGS,
} as const;

/** Writes an encrypted copy of everything. */
export const backup = command({
  name: 'backup',
  summary: 'Writes accounts and settings into one encrypted file.',
  args: [{ name: 'FILE', summary: 'The new file.' }],
  flags: { overwrite: { summary: 'Replaces a file of that name.' }, ...PASSPHRASE_FLAGS },
  uses: ['store.backup'],
  more: 'The file is AES-256-GCM under a key made from the passphrase with scrypt. Without the passphrase nobody opens it, you neither.\nKeep it where only you get at it: it holds your logins.',
  run: async (context, input) => {
    const path = resolve(context.cwd, input.args[0] ?? '');
    const passphrase = await newPassphrase(context, input);
    return withSession(context, STARTING, async ({ client }) => {
      const result = await client['store.backup']({ path, passphrase, overwrite: input.has('overwrite') });
      return { json: result, text: backupText(result, context.paint) };
    });
  },
});

/** Puts such a copy back. */
export const restore = command({
  name: 'restore',
  summary: 'Puts accounts and settings of a backup back; accounts that it does not know stay.',
  args: [{ name: 'FILE', summary: 'A backup that `oma backup` wrote, or a copy of a store.' }],
  flags: RESTORE_FLAGS,
  uses: ['store.restore'],
  more: 'A login of which the store has a newer copy makes the restore refuse, because a refresh token works once and the older copy is most likely dead.\nIf the store is damaged so that oma does not start, it is set aside under a dated name first.',
  run: async (context, input) => {
    const path = resolve(context.cwd, input.args[0] ?? '');
    const onOlder = policyOf(input);
    const wanted = { path, onOlder, dryRun: input.has('dry-run') };
    const unlock = lendPassphrase(context, await givenPassphrase(context, input));
    const { session, aside } = await connectDespiteDamage(context, wanted, unlock);
    try {
      const result = await unlock((passphrase) =>
        session.client['store.restore']({ ...wanted, ...(passphrase === null ? {} : { passphrase }) }),
      );
      return { json: { ...result, aside }, text: restoreText({ result, onOlder, aside }, context.paint) };
    } finally {
      session.close();
    }
  },
});

type Wanted = Omit<Params<Operations, 'store.restore'>, 'passphrase'>;

function policyOf(input: TypedInput<typeof RESTORE_FLAGS>): OlderPolicy {
  const [keepNewer, useOlder] = [input.has('keep-newer'), input.has('use-older')];
  if (keepNewer && useOlder) throw usage('--keep-newer and --use-older exclude each other', 'choose one');
  if (useOlder) return 'use-older';
  return keepNewer ? 'keep-newer' : 'refuse';
}

/** A store that nobody can read keeps the supervisor from starting; it is kept under another name. */
async function connectDespiteDamage(
  context: Context,
  { path, dryRun }: Wanted,
  unlock: Unlock,
): Promise<{ readonly session: Session; readonly aside: readonly string[] }> {
  try {
    return { session: await context.connect(STARTING), aside: [] };
  } catch (error) {
    if (dryRun || !isOmaError(error, 'STORE_DAMAGED')) throw error;
    await unlock((passphrase) => refuseBadBackup(context, path, passphrase));
    const aside = await setAside(context);
    return { session: await context.connect(STARTING), aside };
  }
}

async function setAside(context: Context): Promise<readonly string[]> {
  const { storeFile } = context.paths();
  const date = new Date(context.now())
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  const moved: string[] = [];
  // The snapshots beside it were of no use either, or oma would have started from them.
  for (const file of [storeFile, `${storeFile}.last-good`, `${storeFile}.lkg`, `${storeFile}.bak`]) {
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    await rename(file, `${file}.damaged-${date}`);
    moved.push(`${file}.damaged-${date}`);
  }
  return moved;
}
