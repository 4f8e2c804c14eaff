import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Reads a file that somebody named, as text. Shape: null = it is no regular file, or larger than `bytesMax`.
 * Why: a pipe never ends and a device never stops, and either would take the supervisor with it. Errors: those of the system.
 */
export async function readRegularFile(path: string, bytesMax: number): Promise<string | null> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    return stats.isFile() && stats.size <= bytesMax ? await handle.readFile('utf8') : null;
  } finally {
    await handle.close();
  }
}
