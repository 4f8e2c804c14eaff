import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { attend } from '../../../cli/attend.ts';
import type { Context } from '../../../cli/context.ts';
import type { Demo } from '../../../cli/demo.ts';
import type { Session } from '../../../cli/session.ts';
import { testContext } from './test-context.ts';

/** A supervisor that dies leaves its socket behind; any file that exists stands for it. */
const LEFT_BEHIND = fileURLToPath(import.meta.url);

function dying(): Session {
  return {
    hello: { protocolVersion: 1, buildId: 'abc', version: '0.1.0', pid: 42, demo: true },
    client: {} as Session['client'],
    byName: {},
    onClose: (listener) => queueMicrotask(listener),
    close: () => undefined,
  };
}

describe('a supervisor that dies again and again', () => {
  const context = testContext({
    context: {
      paths: () => ({ socketPath: LEFT_BEHIND }) as ReturnType<Context['paths']>,
      connect: () => Promise.resolve(dying()),
    },
  });
  const demo = {
    provider: { ended: new Promise<undefined>(() => undefined) },
    command: {},
  } as unknown as Demo;

  it('is not started again outside of the demo, and `oma up` is named', async () => {
    await expect(attend(context, dying(), null)).rejects.toMatchObject({
      code: 'SUPERVISOR_NOT_RUNNING',
      message:
        'The supervisor has ended by itself — `oma logs` says why, unless it was killed; `oma up` starts it again',
    });
    expect(context.err()).toBe('');
  });

  it('ends the demo after five revivals, and the way back leads to a demo', async () => {
    await expect(attend(context, dying(), demo)).rejects.toMatchObject({
      code: 'SUPERVISOR_NOT_RUNNING',
      message:
        'The demo is over: its supervisor has ended by itself more than 5 times — `oma logs` says why, unless it was killed; `oma up --demo` starts it again',
    });
    expect(context.err().match(/was started again/g)).toHaveLength(5);
  });
});
