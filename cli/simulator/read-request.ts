import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';

import type { SimRequest } from './request.ts';

export const BODY_BYTES_MAX = 32 * 1_048_576;

/** A body that cannot be taken; `status` is what the client is told. */
export class BodyError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'BodyError';
    this.status = status;
  }
}

/** Reads a whole request, unpacked, within the size limit. */
export async function readRequest(incoming: IncomingMessage): Promise<SimRequest> {
  const headers = flatHeaders(incoming);
  const host = headers['host'] ?? 'localhost';
  const origin = `http://${host}`;
  const target = incoming.url ?? '/';
  if (!URL.canParse(target, origin)) throw new BodyError(400, 'The request target is not a URL.');
  const url = new URL(target, origin);
  const body = await unpack(await readBody(incoming), headers['content-encoding']);
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: body.toString('utf8'),
    origin,
  };
}

type Unpack = (packed: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const UNPACKERS: Readonly<Record<string, Unpack>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The refusal of a body that is too long must still get out, so the socket stays whole.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += piece.length;
    if (bytes > BODY_BYTES_MAX) throw new BodyError(413, `The request body is larger than ${BODY_BYTES_MAX} bytes.`);
    chunks.push(piece);
  }
  return Buffer.concat(chunks);
}

async function unpack(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  const unpacker = UNPACKERS[encoding];
  if (unpacker === undefined) throw new BodyError(415, `The content-encoding "${encoding}" is unknown.`);
  try {
    return await unpacker(body, { maxOutputLength: BODY_BYTES_MAX });
  } catch {
    throw new BodyError(400, `The request body is not ${encoding}, or unpacks to more than ${BODY_BYTES_MAX} bytes.`);
  }
}

function flatHeaders(incoming: IncomingMessage): Record<string, string> {
  const entries = Object.entries(incoming.headers).map(
    ([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')] as const,
  );
  return Object.fromEntries(entries);
}
