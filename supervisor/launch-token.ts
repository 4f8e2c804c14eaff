import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { type Secret, secretSchema } from '../contract/scalars.ts';
import { replaceFile } from './store/durable-file.ts';

const TOKEN_BYTES = 32;

/**
 * Reads the launch token of the dashboard, or makes one and keeps it (0600).
 * Why: an open dashboard must survive a restart of the supervisor.
 */
export async function launchTokenAt(path: string): Promise<Secret> {
  const kept = await readKept(path);
  if (kept !== null) return kept;
  const token = secretSchema.parse(randomBytes(TOKEN_BYTES).toString('base64url'));
  await replaceFile(path, `${token}\n`);
  return token;
}

async function readKept(path: string): Promise<Secret | null> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return /^[\w-]{43}$/.test(text) ? secretSchema.parse(text) : null;
  } catch {
    return null;
  }
}
