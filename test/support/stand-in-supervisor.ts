import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { OmaError } from '../../contract/errors.ts';
import { FAILURES, type Outcome } from '../../contract/failure.ts';
import { PROTOCOL_VERSION } from '../../contract/handshake.ts';
import type { Lease, LeaseRequest } from '../../contract/lease.ts';
import type { Handlers } from '../../contract/operation.ts';
import { OPERATIONS, type Operations } from '../../contract/operations.ts';
import { secretSchema } from '../../contract/scalars.ts';
import type { ClientHello } from '../../runtime/connect.ts';
import { openConnection } from '../../runtime/rpc/connection.ts';
import { serve } from '../../runtime/rpc/serve.ts';
import { noEligible } from './fake-leases.ts';
import { removeTree } from './remove-tree.ts';

/** An account that the stand-in hands out. */
export interface StandInAccount {
  readonly alias: string;
  readonly accessToken: string;
  readonly accountId: string;
  /** ISO time until which it cools down from the start. */
  readonly until?: string;
}

export interface StandInOptions {
  readonly accounts: readonly StandInAccount[];
  readonly baseUrl: string;
  /** Renews a token; default: no login is good any more. */
  readonly refresh?: (alias: string) => Promise<string> | string;
  readonly handlers?: Partial<Handlers<Operations>>;
}

/** A supervisor by the contract only: real socket and protocol, a list for a store. */
export interface StandIn {
  readonly socketPath: string;
  readonly hellos: readonly ClientHello[];
  readonly asked: readonly LeaseRequest[];
  readonly refreshes: readonly string[];
  readonly reports: readonly { readonly alias: string; readonly outcome: Outcome }[];
  /** The kinds reported, in order, each with its account: `work:success`. */
  readonly told: () => readonly string[];
  readonly connections: () => number;
  /** Dies as under kill -9: the socket stays, nobody listens. */
  readonly die: () => Promise<void>;
  /** Serves on the same path again; leases of before are unknown. */
  readonly revive: () => Promise<void>;
  /** Forgets everything and plays another part on the same connections. */
  readonly reset: (options: StandInOptions) => void;
  readonly close: () => Promise<void>;
}

/** Serves on a socket in a directory of its own. */
export async function standInSupervisor(options: StandInOptions): Promise<StandIn> {
  const directory = await mkdtemp(join(tmpdir(), 'oma-sup-'));
  const socketPath = join(directory, 'oma.sock');
  const seen = {
    hellos: [] as ClientHello[],
    asked: [] as LeaseRequest[],
    refreshes: [] as string[],
    reports: [] as { alias: string; outcome: Outcome }[],
  };
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let handlers = handlersOf(options, seen);
  const current = new Proxy({} as Handlers<Operations>, {
    get: (_none, name) => (params: never, call: never) =>
      (Reflect.get(handlers, name) as (params: never, call: never) => unknown)(params, call),
  });

  const die = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
    server = null;
  };
  const revive = async (): Promise<void> => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      serve(openConnection(socket, socket), OPERATIONS, current, {
        connectionId: 'c',
        actor: 'plugin',
        requestId: () => 'r',
        onError: () => undefined,
      });
    });
    await rm(socketPath, { force: true });
    await new Promise<void>((resolve) => server?.listen(socketPath, resolve));
  };
  await revive();
  return {
    socketPath,
    ...seen,
    told: () => seen.reports.map(({ alias, outcome }) => `${alias}:${outcome.kind}`),
    connections: () => sockets.size,
    die,
    revive,
    reset(next) {
      for (const list of Object.values(seen)) list.length = 0;
      handlers = handlersOf(next, seen);
    },
    async close() {
      await die();
      await removeTree(directory);
    },
  };
}

interface Seen {
  readonly hellos: ClientHello[];
  readonly asked: LeaseRequest[];
  readonly refreshes: string[];
  readonly reports: { alias: string; outcome: Outcome }[];
}

function handlersOf(options: StandInOptions, seen: Seen): Handlers<Operations> {
  const tokens = new Map(options.accounts.map(({ alias, accessToken }) => [alias, accessToken]));
  const cooling = new Map(
    options.accounts.flatMap(({ alias, until }) => (until === undefined ? [] : [[alias, Date.parse(until)] as const])),
  );
  const leases = new Map<string, Lease>();
  let turn = 0;
  let number = 0;
  const leaseOf = ({ alias, accountId }: StandInAccount, attemptsMax: number): Lease => ({
    ...{
      leaseId: `lease-${String((number += 1))}`,
      alias,
      accountId,
      attemptsMax,
      residency: null,
      movedFrom: null,
      movedBecause: null,
    },
    ...{
      accessToken: secretSchema.parse(tokens.get(alias)),
      tokenExpiresAtMs: Date.now() + 3_600_000,
      baseUrl: options.baseUrl,
    },
  });
  const played: Partial<Handlers<Operations>> = {
    'session.hello': (hello) => {
      seen.hellos.push(hello);
      return { protocolVersion: PROTOCOL_VERSION, buildId: 'stand-in', version: '0', pid: process.pid, demo: false };
    },
    'lease.acquire': (request) => {
      seen.asked.push(request);
      const isCooling = (alias: string) => (cooling.get(alias) ?? 0) > Date.now();
      const eligible = options.accounts.filter(({ alias }) => !request.exclude.includes(alias) && !isCooling(alias));
      const start = request.attempt === 1 ? turn : 0;
      const inTurn = [...options.accounts.slice(start), ...options.accounts.slice(0, start)];
      const chosen = inTurn.find((account) => eligible.includes(account));
      if (chosen === undefined)
        throw noEligible(
          options.accounts.map(({ alias }) => ({
            alias,
            code: isCooling(alias) ? 'cooldown' : 'excluded',
            until: isCooling(alias) ? new Date(cooling.get(alias) ?? 0).toISOString() : null,
            detail: 'rate-limited',
          })),
        );
      if (request.attempt === 1) turn = (options.accounts.indexOf(chosen) + 1) % options.accounts.length;
      const lease = leaseOf(chosen, Math.min(3, eligible.length));
      leases.set(lease.leaseId, lease);
      return lease;
    },
    'lease.refresh': async ({ leaseId }) => {
      const lease = leases.get(leaseId);
      if (lease === undefined) throw new OmaError('LEASE_NOT_FOUND', 'This lease is unknown.');
      seen.refreshes.push(lease.alias);
      if (options.refresh === undefined)
        throw new OmaError('REFRESH_REJECTED', 'The provider no longer accepts this login.');
      tokens.set(lease.alias, await options.refresh(lease.alias));
      const renewed = { ...lease, accessToken: secretSchema.parse(tokens.get(lease.alias)) };
      leases.set(leaseId, renewed);
      return renewed;
    },
    'lease.report': ({ leaseId, outcome }) => {
      const lease = leases.get(leaseId);
      if (lease === undefined) throw new OmaError('LEASE_NOT_FOUND', 'This lease is unknown.');
      leases.delete(leaseId);
      seen.reports.push({ alias: lease.alias, outcome });
      if (outcome.kind === 'success' || FAILURES[outcome.kind].blame === 'none') return { cooledUntilMs: null };
      const until = outcome.retryAtMs ?? Date.now() + FAILURES[outcome.kind].cooldownMs;
      cooling.set(lease.alias, until);
      return { cooledUntilMs: until };
    },
    ...options.handlers,
  };
  const refuse = (): never => {
    throw new OmaError('INTERNAL', 'The stand-in does not play this.');
  };
  return new Proxy(played, { get: (target, name) => Reflect.get(target, name) ?? refuse }) as Handlers<Operations>;
}
