// The same answer through vscode-jsonrpc as it comes: its own reader, writer and queues, no validation.
import { createServer } from 'node:net';

import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';

import { LEASE } from './sample-lease.ts';

const { socketPath } = JSON.parse(process.argv[2] ?? '{}') as { readonly socketPath: string };

createServer((socket) => {
  const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  connection.onRequest('lease.acquire', () => LEASE);
  connection.onError(() => undefined);
  connection.listen();
}).listen(socketPath, () => process.stdout.write('"ready"\n'));
