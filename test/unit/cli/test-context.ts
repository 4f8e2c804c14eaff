import { PassThrough } from 'node:stream';

import type { Context, Source, Stream } from '../../../cli/context.ts';
import { colourless } from '../../../cli/render/paint.ts';
import type { Session, SessionOptions } from '../../../cli/session.ts';
import { parseEnv } from '../../../contract/env.ts';
import { OmaError } from '../../../contract/errors.ts';
import type { Client } from '../../../contract/operation.ts';
import type { Operations } from '../../../contract/operations.ts';
import { NOW } from './samples.ts';

export type FakeClient = Partial<Client<Operations>>;

export interface TestContext extends Context {
  readonly out: () => string;
  readonly err: () => string;
  /** How each connection was asked for. */
  readonly connections: readonly SessionOptions[];
  readonly interrupt: () => void;
  readonly input: PassThrough;
}

interface Given {
  /** null: no supervisor runs. */
  readonly client?: FakeClient | null;
  readonly isTTY?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly context?: Partial<Context>;
}

/** Makes a context that touches nothing: streams are strings, the supervisor is what the test says. */
export function testContext({ client = {}, isTTY = false, environment = {}, context = {} }: Given = {}): TestContext {
  const [stdout, stderr] = [capture(isTTY), capture(isTTY)];
  const input = new PassThrough();
  const ending = new AbortController();
  const connections: SessionOptions[] = [];
  const stdin: Source = Object.assign(input, { isTTY });
  return {
    stdin,
    stdout,
    stderr,
    environment,
    home: '/home/ann',
    uid: 1000,
    cwd: '/home/ann/project',
    pid: 7,
    platform: 'linux',
    programs: {
      node: '/node',
      cli: '/oma/cli.js',
      supervisor: '/oma/supervisor.js',
      simulator: '/oma/simulator.js',
      plugin: '/oma/plugin/server.js',
      tui: '/oma/plugin/tui.js',
    },
    build: { version: '0.1.0', buildId: 'abc' },
    nodeVersion: '24.0.0',
    isAlive: () => false,
    signal: ending.signal,
    paint: colourless,
    now: () => NOW,
    env: () => parseEnv(environment),
    paths: () => {
      throw new Error('this test has no paths');
    },
    connect: (options) => {
      connections.push(options);
      return client === null ? Promise.reject(notRunning()) : Promise.resolve(fakeSession(client));
    },
    ...context,
    out: stdout.text,
    err: stderr.text,
    connections,
    interrupt: () => ending.abort(),
    input,
  };
}

/** Makes the error of a connection nobody answers. */
export function notRunning(): OmaError {
  return new OmaError('SUPERVISOR_NOT_RUNNING', 'The supervisor is not running. Start it with "oma up".');
}

function fakeSession(client: FakeClient): Session {
  return {
    hello: { protocolVersion: 1, buildId: 'abc', version: '0.1.0', pid: 42, demo: false },
    client: client as Client<Operations>,
    byName: client as Session['byName'],
    onClose: () => undefined,
    close: () => undefined,
  };
}

function capture(isTTY: boolean): Stream & { readonly text: () => string } {
  let written = '';
  return {
    isTTY,
    columns: 80,
    write(text) {
      written += text;
    },
    text: () => written,
  };
}
