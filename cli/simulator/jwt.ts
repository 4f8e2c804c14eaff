import { createHash, timingSafeEqual } from 'node:crypto';

import * as z from 'zod';

// Not a secret: it only tells the simulator's own tokens from garbage, also those of an earlier run.
const STAMP = 'oma simulated issuer';
const SIGNATURE_CHARS = 342;
const HEADER = encode({ alg: 'RS256', kid: 'simulated', typ: 'JWT' });

/** Makes a token shaped like the provider's: three parts, a real payload, a signature nobody can verify. */
export function signJwt(claims: Readonly<Record<string, unknown>>): string {
  const body = `${HEADER}.${encode(claims)}`;
  return `${body}.${signature(body)}`;
}

/** Reads the claims of a token this simulator made; null for anything else. */
export function readJwt(token: string): Record<string, unknown> | null {
  const [header, payload, given, ...rest] = token.split('.');
  if (header === undefined || payload === undefined || given === undefined || rest.length > 0) return null;
  return sameText(given, signature(`${header}.${payload}`)) ? decode(payload) : null;
}

/** Makes an opaque token that carries a payload only this simulator reads. */
export function sealOpaque(prefix: string, payload: Readonly<Record<string, unknown>>): string {
  const body = encode(payload);
  return `${prefix}_${body}.${digest(prefix + body)}`;
}

/** Reads what `sealOpaque` put into a token; null for anything else. */
export function openOpaque(prefix: string, token: string): Record<string, unknown> | null {
  if (!token.startsWith(`${prefix}_`)) return null;
  const [body, given, ...rest] = token.slice(prefix.length + 1).split('.');
  if (body === undefined || given === undefined || rest.length > 0) return null;
  return sameText(given, digest(prefix + body)) ? decode(body) : null;
}

function signature(body: string): string {
  return createHash('sha512').update(STAMP).update(body).digest('base64url').repeat(4).slice(0, SIGNATURE_CHARS);
}

function digest(text: string): string {
  return createHash('sha256').update(STAMP).update(text).digest('base64url').slice(0, 22);
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Record<string, unknown> | null {
  try {
    const parsed = z
      .record(z.string(), z.unknown())
      .safeParse(JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
