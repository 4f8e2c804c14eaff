import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';

import { OmaError } from '../../../../contract/errors.ts';
import { createClient } from '../../../../runtime/rpc/client.ts';
import { type Connection, openConnection } from '../../../../runtime/rpc/connection.ts';
import { serve } from '../../../../runtime/rpc/serve.ts';
import { PATIENCE } from '../../../support/patience.ts';
import { socketPair } from '../support/line.ts';
import { TABLE } from '../support/table.ts';

async function ourAndStock(): Promise<{ readonly ours: Connection; readonly stock: MessageConnection }> {
  const { left, right } = await socketPair();
  const stock = createMessageConnection(new SocketMessageReader(right), new SocketMessageWriter(right));
  stock.listen();
  onTestFinished(() => stock.dispose());
  return { ours: openConnection(left, left), stock };
}

describe('a peer with the reader and writer of vscode-jsonrpc itself', () => {
  it('calls our operations and gets results', async () => {
    const { ours, stock } = await ourAndStock();
    serve(
      ours,
      TABLE,
      { 'echo.say': (params) => params, 'echo.wait': (params) => Promise.resolve(params) },
      { connectionId: 'c', actor: 'a', requestId: () => 'r', onError: () => undefined },
    );
    const calls = Array.from({ length: 100 }, (_, index) => stock.sendRequest('echo.say', { text: `nº ${index} ✓` }));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 100 }, (_, index) => ({ text: `nº ${index} ✓` })));
  });

  it('gets our refusals as JSON-RPC errors with code and data', async () => {
    const { ours, stock } = await ourAndStock();
    const fail = () => {
      throw new OmaError('ACCOUNT_NOT_FOUND', 'no such account', { alias: 'x' });
    };
    serve(
      ours,
      TABLE,
      { 'echo.say': fail, 'echo.wait': (params) => params },
      { connectionId: 'c', actor: 'a', requestId: () => 'r1', onError: () => undefined },
    );
    const failure = await stock.sendRequest('echo.say', { text: '' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ResponseError);
    expect(failure).toMatchObject({
      code: -32_000,
      data: { code: 'ACCOUNT_NOT_FOUND', message: 'no such account', details: { alias: 'x' }, requestId: 'r1' },
    });
    await expect(stock.sendRequest('echo.say', { wrong: 1 })).rejects.toMatchObject({ code: -32_602 });
    await expect(stock.sendRequest('no.such', {})).rejects.toMatchObject({ code: -32_601 });
  });

  it('answers our calls', async () => {
    const { ours, stock } = await ourAndStock();
    stock.onRequest('echo.say', (params: unknown) => params);
    const client = createClient(ours, TABLE);
    const calls = Array.from({ length: 100 }, (_, index) => client['echo.say']({ text: `${index}` }));
    expect(await Promise.all(calls)).toHaveLength(100);
    await expect(client['echo.wait']({ name: 'nobody answers this' })).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('cancels our handlers, and is cancelled by us', async () => {
    const { ours, stock } = await ourAndStock();
    const aborted = new Promise<void>((resolve) => {
      ours.onRequest(
        (_, __, { signal }) =>
          new Promise((answer) => {
            signal.addEventListener('abort', () => {
              resolve();
              answer('cancelled');
            });
          }),
      );
    });
    const source = new CancellationTokenSource();
    const call = stock.sendRequest('slow', {}, source.token);
    await new Promise((resolve) => setTimeout(resolve, 20));
    source.cancel();
    await aborted;
    expect(await call).toBe('cancelled');
    let cancelled = false;
    stock.onRequest(
      'theirs',
      (_: unknown, token) =>
        new Promise((resolve) => {
          token.onCancellationRequested(() => {
            cancelled = true;
            resolve(null);
          });
        }),
    );
    await expect(ours.request('theirs', {}, { deadlineMs: 50, decode: (answer) => answer })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await vi.waitFor(() => expect(cancelled).toBe(true), PATIENCE);
  });

  it('exchanges notifications with us', async () => {
    const { ours, stock } = await ourAndStock();
    const heard: unknown[] = [];
    ours.onNotification('event', (params) => heard.push(params));
    stock.onNotification('event', (params: unknown) => void heard.push(params));
    ours.notify('event', { from: 'ours' });
    await stock.sendNotification('event', { from: 'stock' });
    await vi.waitFor(() => expect(heard).toHaveLength(2), PATIENCE);
    expect(heard).toEqual(expect.arrayContaining([{ from: 'ours' }, { from: 'stock' }]));
  });

  it('is told by its close when it sends too much', async () => {
    const { left, right } = await socketPair();
    const ours = openConnection(left, left, { frameBytesMax: 1_000 });
    const stock = createMessageConnection(new StreamMessageReader(right), new StreamMessageWriter(right));
    const closed = new Promise<void>((resolve) => stock.onClose(resolve));
    stock.listen();
    void stock.sendNotification('big', { text: 'x'.repeat(5_000) });
    await closed;
    expect(ours.isClosed).toBe(true);
  });
});
