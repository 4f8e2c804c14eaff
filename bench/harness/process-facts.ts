import { readdirSync, readFileSync } from 'node:fs';

import { ENV_PREFIX } from '../../contract/env.ts';

/** Clock ticks a second of /proc, which Linux has fixed for programs. */
const TICKS_PER_SECOND = 100;

/** Memory that a process holds in RAM, from /proc. Units: MB; NaN where there is no /proc. */
export function rssMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(procFile(pid, 'status'))?.[1];
  return Number(kilobytes ?? Number.NaN) / 1_024;
}

/** Processor time a process has used so far, from /proc. Units: milliseconds. */
export function cpuMs(pid: number): number {
  const fields = procFile(pid, 'stat').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
}

/** How often the threads of a process gave up the processor because they had to wait: what a timer that ticks shows in. */
export function wakeUps(pid: number): number {
  let count = 0;
  for (const thread of listed(`/proc/${String(pid)}/task`)) {
    const status = procFile(pid, `task/${thread}/status`);
    count += Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1] ?? 0);
  }
  return count;
}

/** The processes a process has started and that live. */
export function childrenOf(pid: number): readonly number[] {
  return listed(`/proc/${String(pid)}/task`).flatMap((thread) =>
    procFile(pid, `task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
}

/** The supervisors, and those who race to become one, that were started for a socket and live. */
export function supervisorsOf(socketPath: string): readonly number[] {
  const setting = `${ENV_PREFIX}SOCKET=${socketPath}\0`;
  return listed('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && procFile(pid, 'environ').includes(setting));
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

function listed(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
