// A backend that streams server-sent events: the body of the request says how many, how late the first, and whether the stream is held open.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import type { StreamWish } from './stream-client.ts';

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

const HEAD = event('response.created', { response: { id: 'resp_1', status: 'in_progress', error: null } });
const DELTA = event('response.output_text.delta', { item_id: 'msg_1', output_index: 0, delta: 'word '.repeat(30) });
const TAIL = event('response.completed', { response: { id: 'resp_1', status: 'completed', error: null } });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  const { bench } = JSON.parse(text) as { readonly bench: StreamWish };
  if (bench.firstByteMs > 0) await pause(bench.firstByteMs);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(HEAD);
  for (let chunk = 0; chunk < bench.chunks; chunk += 1) {
    if (!response.write(DELTA)) await new Promise((resolve) => response.once('drain', resolve));
  }
  if (!bench.isHeld) response.end(TAIL);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify(`http://127.0.0.1:${String(port)}`)}\n`);
});
