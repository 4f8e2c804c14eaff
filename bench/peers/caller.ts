import { createConnection, type Socket } from 'node:net';

import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';

import type { Outcome } from '../../contract/failure.ts';
import { PROTOCOL_VERSION } from '../../contract/handshake.ts';
import type { LeaseRequest } from '../../contract/lease.ts';
import { connectOrStart } from '../../runtime/connect.ts';

/** One way to ask for a lease. */
export interface Caller {
  readonly ask: (request: LeaseRequest) => Promise<unknown>;
  /** Gives back what was leased since the last time; not part of any measurement. */
  readonly settle: () => Promise<void>;
  readonly close: () => void;
}

/** How a server is spoken to. */
export type Kind = 'bare' | 'stock' | 'oma';

const CONNECT_MS = 20_000;
const REPORTS_AT_ONCE = 256;

const SUCCESS: Outcome = {
  kind: 'success',
  status: 200,
  retryAtMs: null,
  limitId: null,
  errorCode: null,
  phase: 'complete',
  firstByteMs: 1,
  durationMs: 1,
};

/** Connects a caller. */
export async function openCaller(kind: Kind, socketPath: string): Promise<Caller> {
  if (kind === 'oma') return omaCaller(socketPath);
  const socket = await connected(socketPath);
  return kind === 'bare' ? bareCaller(socket) : stockCaller(socket);
}

function bareCaller(socket: Socket): Caller {
  const waiting = new Map<number, (result: unknown) => void>();
  let id = 0;
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const answer = JSON.parse(line) as { readonly id: number; readonly result: unknown };
      waiting.get(answer.id)?.(answer.result);
      waiting.delete(answer.id);
    }
  });
  return {
    ask: (params) =>
      new Promise((resolve) => {
        id += 1;
        waiting.set(id, resolve);
        socket.write(`${JSON.stringify({ id, method: 'lease.acquire', params })}\n`);
      }),
    settle: () => Promise.resolve(),
    close: () => socket.destroy(),
  };
}

function stockCaller(socket: Socket): Caller {
  const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  connection.listen();
  return {
    ask: (params) => connection.sendRequest('lease.acquire', params),
    settle: () => Promise.resolve(),
    close: () => {
      connection.dispose();
      socket.destroy();
    },
  };
}

async function omaCaller(socketPath: string): Promise<Caller> {
  const { client, connection } = await connectOrStart({
    socketPath,
    hello: {
      protocolVersion: PROTOCOL_VERSION,
      buildId: 'bench',
      version: '0.0.0',
      pid: process.pid,
      kind: 'plugin',
      host: 'bench',
    },
    start: null,
    deadlineMs: CONNECT_MS,
  });
  let held: string[] = [];
  return {
    ask: async (request) => {
      const { leaseId } = await client['lease.acquire'](request);
      held.push(leaseId);
    },
    settle: async () => {
      const leases = held;
      held = [];
      for (let at = 0; at < leases.length; at += REPORTS_AT_ONCE)
        await Promise.all(
          leases
            .slice(at, at + REPORTS_AT_ONCE)
            .map((leaseId) => client['lease.report']({ leaseId, outcome: SUCCESS })),
        );
    },
    close: () => connection.dispose(),
  };
}

function connected(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath, () => resolve(socket));
    socket.once('error', reject);
  });
}
