import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as z from 'zod';

import { OPENCODE_PROVIDER, PLACEHOLDER_LOGIN } from '../contract/opencode.ts';
import type { HostInput } from './host.ts';
import type { Notices } from './notices.ts';

/** Where OpenCode keeps its logins, from its own environment. */
export interface AuthPlace {
  readonly file: string;
  /** Set = OpenCode takes this text for the file. */
  readonly content: string | null;
}

const authSchema = z.record(z.string(), z.unknown());

/** Finds OpenCode's auth.json as OpenCode does. */
export function authPlace(environment: Readonly<Record<string, string | undefined>>, home: string): AuthPlace {
  const dataDir = environment['XDG_DATA_HOME'] || join(home, '.local', 'share');
  return { file: join(dataDir, 'opencode', 'auth.json'), content: environment['OPENCODE_AUTH_CONTENT'] || null };
}

/**
 * Puts the placeholder into OpenCode's logins if there is nothing for the provider; what stands there is left alone.
 * Why: OpenCode's own call writes it, so that the running OpenCode notices it too.
 */
export async function ensurePlaceholder({ client }: HostInput, place: AuthPlace, notices: Notices): Promise<void> {
  try {
    const logins = await loginsAt(place);
    if (logins === null || OPENCODE_PROVIDER in logins) return;
    await client.auth.set({ path: { id: OPENCODE_PROVIDER }, body: PLACEHOLDER_LOGIN });
    notices.log('info', 'put the placeholder login into auth.json');
  } catch (error) {
    notices.log('warn', 'could not put the placeholder login into auth.json', {
      because: error instanceof Error ? error.name : 'unknown',
    });
  }
}

/** Null = the logins cannot be told, so nothing may be written. */
async function loginsAt({ file, content }: AuthPlace): Promise<Record<string, unknown> | null> {
  const text = content ?? (await readIfThere(file));
  if (text === null) return {};
  const parsed = authSchema.safeParse(JSON.parse(text));
  return parsed.success && content === null ? parsed.data : null;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
