import { PassThrough } from 'node:stream';

import type { Context, ProcessFacts } from '../../../cli/context.ts';
import { createContext } from '../../../cli/create-context.ts';

/** Where a command is called, and from what. */
export interface HomeFacts extends Partial<ProcessFacts> {
  readonly home: string;
  readonly environment: ProcessFacts['environment'];
  readonly programs: ProcessFacts['programs'];
}

/** Makes the context of a command in a home: real files, programs and sockets; streams that nobody reads. */
export function homeContext(facts: HomeFacts): Context {
  const silent = { write: () => true };
  return createContext({
    stdin: new PassThrough(),
    stdout: silent,
    stderr: silent,
    cwd: facts.home,
    uid: process.getuid?.() ?? -1,
    pid: process.pid,
    platform: 'linux',
    build: { version: '0.1.0', buildId: 'test' },
    nodeVersion: process.versions.node,
    isAlive: () => false,
    signal: new AbortController().signal,
    ...facts,
  });
}
