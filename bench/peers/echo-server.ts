// The floor of a round trip: newline-delimited JSON on a Unix socket, parsed and answered, nothing else.
import { createServer } from 'node:net';

import { LEASE } from './sample-lease.ts';

const { socketPath } = JSON.parse(process.argv[2] ?? '{}') as { readonly socketPath: string };

createServer((socket) => {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('error', () => undefined);
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { id } = JSON.parse(line) as { readonly id: number };
      socket.write(`${JSON.stringify({ id, result: LEASE })}\n`);
    }
  });
}).listen(socketPath, () => process.stdout.write('"ready"\n'));
