import { describe, expect, it, vi } from 'vitest';

import { OmaError } from '../../../../contract/errors.ts';
import type { CallContext, Client, Handlers } from '../../../../contract/operation.ts';
import { abortReason } from '../../../../runtime/abort-reason.ts';
import { createClient } from '../../../../runtime/rpc/client.ts';
import { openConnection } from '../../../../runtime/rpc/connection.ts';
import { serve } from '../../../../runtime/rpc/serve.ts';
import { PATIENCE } from '../../../support/patience.ts';
import { frame, socketPair } from '../support/line.ts';
import { TABLE, type Table } from '../support/table.ts';
import { textFrom } from '../support/text-from.ts';

const HANDLERS: Handlers<Table> = {
  'echo.say': ({ text }) => ({ text }),
  'echo.wait': ({ name }) => Promise.resolve({ name }),
};

interface Served {
  readonly client: Client<Table>;
  readonly errors: { error: unknown; operation: string; requestId: string }[];
  /** Everything that crossed the wire towards the client. */
  readonly wire: () => string;
}

async function served(handlers: Partial<Handlers<Table>> = {}, actor: () => string = () => 'test'): Promise<Served> {
  const { left, right } = await socketPair();
  const all = textFrom(left);
  const errors: Served['errors'] = [];
  let number = 0;
  serve(
    openConnection(right, right),
    TABLE,
    { ...HANDLERS, ...handlers },
    {
      connectionId: 'c1',
      get actor() {
        return actor();
      },
      requestId: () => `r${(number += 1)}`,
      onError: (error, call) => errors.push({ error, ...call }),
    },
  );
  return { client: createClient(openConnection(left, left), TABLE), errors, wire: all };
}

describe('a served table', () => {
  it('answers its operations with parsed parameters', async () => {
    const { client } = await served();
    expect(await client['echo.say']({ text: 'hello' })).toEqual({ text: 'hello' });
  });

  it('tells the handler who calls, and numbers each call', async () => {
    const seen: CallContext[] = [];
    const { client } = await served({
      'echo.say': ({ text }, context) => {
        seen.push(context);
        return { text };
      },
    });
    await client['echo.say']({ text: 'a' });
    await client['echo.say']({ text: 'b' });
    expect(seen.map(({ requestId, connectionId, actor }) => ({ requestId, connectionId, actor }))).toEqual([
      { requestId: 'r1', connectionId: 'c1', actor: 'test' },
      { requestId: 'r2', connectionId: 'c1', actor: 'test' },
    ]);
    expect(seen[0]?.signal.aborted).toBe(false);
  });

  it('asks who the actor is at every call, since a hello changes it', async () => {
    const actors: string[] = [];
    let actor = 'unknown';
    const { client } = await served(
      {
        'echo.say': (params, context) => {
          actors.push(context.actor);
          return params;
        },
      },
      () => actor,
    );
    await client['echo.say']({ text: 'a' });
    actor = 'cli';
    await client['echo.say']({ text: 'b' });
    expect(actors).toEqual(['unknown', 'cli']);
  });

  it.each([
    ['a wrong type', { text: 5 }, 'text'],
    ['a missing field', {}, 'text'],
    ['an unknown field', { text: 'a', more: 1 }, 'more'],
  ])('refuses %s and names the field', async (_, params, field) => {
    const { client, errors } = await served();
    const call = client['echo.say'](params as never);
    await expect(call).rejects.toBeInstanceOf(OmaError);
    await expect(call).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      details: { requestId: 'r1', problems: [expect.objectContaining({ field }) as object] },
    });
    expect(errors).toEqual([]);
  });

  it('does not repeat a secret that was sent in a wrong place', async () => {
    const { client, wire } = await served();
    await expect(
      client['echo.say']({ text: 'a', ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl']: 1 } as never),
    ).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
    expect(wire()).not.toContain('eyJhbGci');
  });

  it.each([
    ['positional parameters', [1, 2]],
    ['no parameters', undefined],
  ])('refuses %s', async (_, params) => {
    const { left, right } = await socketPair();
    const all = textFrom(left);
    serve(openConnection(right, right), TABLE, HANDLERS, {
      connectionId: 'c',
      actor: 'a',
      requestId: () => 'r',
      onError: () => undefined,
    });
    left.write(frame({ jsonrpc: '2.0', id: 1, method: 'echo.say', params }));
    await vi.waitFor(() => expect(all()).toContain('"code":"INVALID_PARAMS"'), PATIENCE);
  });

  it.each(['echo.unknown', 'constructor', '__proto__', 'toString'])('has no operation %s', async (method) => {
    const { left, right } = await socketPair();
    const all = textFrom(left);
    serve(openConnection(right, right), TABLE, HANDLERS, {
      connectionId: 'c',
      actor: 'a',
      requestId: () => 'r9',
      onError: () => undefined,
    });
    left.write(frame({ jsonrpc: '2.0', id: 1, method, params: {} }));
    await vi.waitFor(() => expect(all()).toContain('"code":"NOT_FOUND"'), PATIENCE);
    expect(all()).toContain('"requestId":"r9"');
  });

  it('passes on a failure that the operation lists, with its details', async () => {
    const { client, errors } = await served({
      'echo.say': () => {
        throw new OmaError('ACCOUNT_NOT_FOUND', 'There is no account "x". Look at "oma list".', { alias: 'x' });
      },
    });
    await expect(client['echo.say']({ text: 'a' })).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
      message: 'There is no account "x". Look at "oma list".',
      details: { alias: 'x', requestId: 'r1' },
    });
    expect(errors).toEqual([]);
  });

  it('takes secrets out of a failure that it passes on', async () => {
    const { client, wire } = await served({
      'echo.say': () => {
        throw new OmaError('ACCOUNT_NOT_FOUND', 'No account has refresh_token=rt_Planted0Secret', {
          header: 'Bearer Planted1Secret',
          owner: 'me@example.com',
        });
      },
    });
    await expect(client['echo.say']({ text: 'a' })).rejects.toMatchObject({ details: { owner: 'me@example.com' } });
    expect(wire()).not.toMatch(/Planted\dSecret/);
  });
});

describe('a failure that the operation does not list', () => {
  const SECRET = 'rt_PlantedSecret_0123456789';

  it.each([
    [
      'a thrown error',
      () => {
        throw new Error(`refresh_token=${SECRET}`);
      },
    ],
    ['a rejected promise', () => Promise.reject(new Error(SECRET))],
    [
      'a thrown text',
      () => {
        throw SECRET as unknown as Error;
      },
    ],
    [
      'an error with a cause',
      () => {
        throw new Error('outer', { cause: new Error(SECRET) });
      },
    ],
    [
      'an OmaError of another operation',
      () => {
        throw new OmaError('STORE_UNWRITABLE', SECRET, { SECRET });
      },
    ],
  ])('crosses the wire as a bare INTERNAL: %s', async (_, handler) => {
    const { client, errors, wire } = await served({ 'echo.say': handler });
    const call = client['echo.say']({ text: 'a' });
    await expect(call).rejects.toMatchObject({ code: 'INTERNAL', details: { requestId: 'r1' } });
    expect(wire()).not.toContain('Planted');
    expect(wire()).not.toContain('STORE_UNWRITABLE');
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ operation: 'echo.say', requestId: 'r1' });
  });

  it('is not reported when the handler only stopped because its caller gave up', async () => {
    const { client, errors } = await served({
      'echo.wait': (_, { signal }) =>
        new Promise((__, reject) => {
          signal.addEventListener('abort', () => reject(abortReason(signal)));
        }),
    });
    await expect(client['echo.wait']({ name: 'a' }, { deadlineMs: 20 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    expect(await client['echo.say']({ text: 'still here' })).toEqual({ text: 'still here' });
    expect(errors).toEqual([]);
  });
});

describe('a client', () => {
  it('uses the deadline of the table unless the call has its own', async () => {
    const deadlines: number[] = [];
    const request = (_: string, __: object, { deadlineMs }: { readonly deadlineMs: number }) => {
      deadlines.push(deadlineMs);
      return Promise.reject(new OmaError('INTERNAL', ''));
    };
    const client = createClient({ request }, TABLE);
    await expect(client['echo.say']({ text: '' })).rejects.toThrow();
    await expect(client['echo.say']({ text: '' }, { deadlineMs: 7 })).rejects.toThrow();
    expect(deadlines).toEqual([5_000, 7]);
  });

  it('refuses an answer of another form', async () => {
    const { client } = await served({ 'echo.say': () => ({ txt: 'typo' }) as never });
    await expect(client['echo.say']({ text: 'a' })).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('another form') as string,
    });
  });

  it('drops fields that the table does not know', async () => {
    const { client } = await served({ 'echo.say': () => ({ text: 'a', later: 'version' }) as never });
    expect(await client['echo.say']({ text: 'a' })).toEqual({ text: 'a' });
  });

  it.each([
    [
      'a code of a later version',
      { code: -32000, message: 'm', data: { code: 'FROM_THE_FUTURE', message: 'm', requestId: 'r' } },
    ],
    ['no data', { code: -32603, message: 'boom' }],
    ['data of another form', { code: 1, message: 'm', data: 'text' }],
  ])('makes INTERNAL of %s', async (_, error) => {
    const { left, right } = await socketPair();
    const client = createClient(openConnection(left, left), TABLE);
    right.once('data', () => right.write(frame({ jsonrpc: '2.0', id: 0, error })));
    await expect(client['echo.say']({ text: 'a' })).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
