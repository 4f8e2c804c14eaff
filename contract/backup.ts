import * as z from 'zod';

import { aliasSchema, isoTimeSchema } from './scalars.ts';

/** Fewest characters of a passphrase for a backup: a file that travels is guessed at without hurry. */
export const BACKUP_PASSPHRASE_MIN = 8;

/** What to do with a login of which the store has a newer copy than the backup. */
export const olderPolicySchema = z.enum(['refuse', 'keep-newer', 'use-older']);
export type OlderPolicy = z.infer<typeof olderPolicySchema>;

/** A backup that was written. */
export const backupResultSchema = z.object({
  file: z.string(),
  accounts: z.int().nonnegative(),
  at: isoTimeSchema,
});
export type BackupResult = z.infer<typeof backupResultSchema>;

const stampsSchema = z.object({
  alias: aliasSchema,
  stored: isoTimeSchema.nullable().describe('Last refresh of the login in the store; null = unknown.'),
  backup: isoTimeSchema.nullable().describe('Last refresh of the login in the backup; null = unknown.'),
});

/** What a restore did, or would do. Nothing else changes. */
export const restoreResultSchema = z.object({
  dryRun: z.boolean(),
  added: z.array(z.object({ alias: aliasSchema, was: aliasSchema.describe('Its alias in the backup.') })),
  renewed: z.array(stampsSchema).describe('Logins that the backup has newer.'),
  older: z.array(stampsSchema).describe('Logins that the store has newer: the backup’s copy is most likely dead.'),
  switched: z.array(z.object({ alias: aliasSchema, enabled: z.boolean() })),
  untouched: z.array(aliasSchema).describe('Accounts that the backup does not know; they stay.'),
  settings: z.array(z.object({ name: z.string(), before: z.unknown(), after: z.unknown() })),
});
export type RestoreResult = z.infer<typeof restoreResultSchema>;
