import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { onTestFinished } from 'vitest';

import { useDirectory } from './probe-bench.ts';
import type { Simulator } from './simulator.ts';

/** An https gateway in front of the simulated backend. */
export interface TlsGateway {
  readonly baseUrl: string;
  /** What was asked of it, in order, without the query. */
  readonly paths: readonly string[];
  close: () => Promise<void>;
}

/** Starts a gateway with a certificate of its own, which this process trusts until the test is over. */
export async function useTlsGateway(simulator: Simulator): Promise<TlsGateway> {
  const { key, cert } = await certificate();
  const trusted = getCACertificates('default');
  setDefaultCACertificates([...trusted, cert]);
  onTestFinished(() => setDefaultCACertificates(trusted));
  const paths: string[] = [];
  const server = createServer({ key, cert }, (incoming, reply) => {
    const url = new URL(incoming.url ?? '/', simulator.url);
    paths.push(url.pathname);
    const options = { method: incoming.method, headers: { ...incoming.headers, host: url.host } };
    const onward = request(url, options, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, reply, () => undefined);
    });
    onward.on('error', () => reply.destroy());
    pipeline(incoming, onward, () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `https://localhost:${String(port)}/backend-api`, paths, close };
}

async function certificate(): Promise<{ readonly key: string; readonly cert: string }> {
  const directory = await useDirectory();
  const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', keyFile, '-out', certFile, '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...subject], { stdio: 'ignore' });
  return { key: await readFile(keyFile, 'utf8'), cert: await readFile(certFile, 'utf8') };
}
