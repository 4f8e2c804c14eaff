import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { DIST } from '../support/oma-sandbox.ts';
import type { ProcessSample } from './journal.ts';

const ROLES = ['supervisor', 'worker', 'probe-runner', 'plugin-driver', 'codex', 'opencode'] as const;

/** Measures every process whose environment names this home, or that runs this build (helpers get no such environment), whoever started it: so an orphan is seen too. */
export function processesOf(root: string): readonly ProcessSample[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => measure(name, root));
}

// A process that ends while it is looked at is no process.
function measure(name: string, root: string): readonly ProcessSample[] {
  try {
    const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
    const isOurs = command.some((word) => word.startsWith(`${DIST}/`));
    if (!isOurs && !readFileSync(`/proc/${name}/environ`, 'utf8').includes(`${root}/`)) return [];
    const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
    if (rss === undefined) return [];
    return [
      {
        role: ROLES.find((role) => command.some((word) => basename(word).startsWith(role))) ?? 'other',
        pid: Number(name),
        rssBytes: Number(rss) * 1_024,
        descriptors: readdirSync(`/proc/${name}/fd`).length,
      },
    ];
  } catch {
    return [];
  }
}
