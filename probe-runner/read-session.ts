import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { SessionFile } from './evidence.ts';
import type { Home } from './home.ts';

/** Largest session file that is read, in bytes; that of a probe has some 20,000. */
const SESSION_BYTES_MAX = 4_194_304;

/** Entries of the sessions directory that are looked at; a probe leaves four. */
const ENTRIES_MAX = 1_000;

/** Finds the session files of a thread: more than one, or none, is an answer too. */
export async function readSessions({ codexHome }: Home, threadId: string | null): Promise<readonly SessionFile[]> {
  if (threadId === null || !/^[A-Za-z0-9-]{8,64}$/.test(threadId)) return [];
  const sessions = join(codexHome, 'sessions');
  const entries = await readdir(sessions, { recursive: true }).catch(() => []);
  const names = entries
    .slice(0, ENTRIES_MAX)
    .filter((entry) => basename(entry).startsWith('rollout-') && entry.endsWith(`-${threadId}.jsonl`));
  const files: SessionFile[] = [];
  for (const name of names) {
    const path = join(sessions, name);
    const found = await lstat(path);
    if (found.isFile() && found.size <= SESSION_BYTES_MAX)
      files.push({ name: basename(name), text: await readFile(path, 'utf8') });
  }
  return files;
}
