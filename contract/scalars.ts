import * as z from 'zod';

/** Longest alias in characters; long enough for any e-mail a migration may bring. */
export const ALIAS_LENGTH_MAX = 64;
const RESERVED_ALIASES = new Set(['constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty']);

/** Names one account to people: letters, digits, `.`, `_`, `-`, `@`, beginning with a letter or digit. */
export const aliasSchema = z
  .string()
  .max(ALIAS_LENGTH_MAX)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]*$/, 'use letters, digits, ".", "_", "-" or "@", beginning with a letter or digit')
  .refine((alias) => !RESERVED_ALIASES.has(alias), 'this name is reserved')
  .describe('The name of an account, unique in the store.');
export type Alias = z.infer<typeof aliasSchema>;

/** A value that must never be shown, logged or passed in argv; only schemas make one. */
export const secretSchema = z.string().min(1).max(65_536).brand<'Secret'>();
export type Secret = z.infer<typeof secretSchema>;

/** Milliseconds since 1970, UTC. */
export const epochMsSchema = z.int().nonnegative();
/** An instant. Units: milliseconds since 1970, UTC. */
export type EpochMs = number;

/** An instant as people and JSON APIs write it, UTC. */
export const isoTimeSchema = z.iso.datetime();

/** Share of a limit, 0 = nothing, 100 = all. A backend may report slightly more than 100. */
export const percentSchema = z.number().min(0).max(1_000);

/** Threshold in percent, 0..100. */
export const thresholdSchema = z.number().min(0).max(100);

/** Smallest weight that still gets a share worth the name. */
export const WEIGHT_MIN = 0.01;

/** Share of an account in weighted rotation, 0.01..1. */
export const weightSchema = z.number().min(WEIGHT_MIN).max(1);

/** Identifies one request, one lease, one probe or one login in every log line and answer about it. */
export const idSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9._:-]+$/);

/** A session of the host (OpenCode); opaque, bounded. */
export const sessionIdSchema = z.string().min(1).max(256);

/** A model name as the host sends it. */
export const modelSchema = z.string().min(1).max(128);

/** A sentence that a person typed, such as the reason for disabling an account. */
export const reasonSchema = z.string().trim().min(1).max(500).describe('Why, in a sentence; kept with the account.');

/** Who asked for a change: `cli`, `dashboard`, `plugin`, `supervisor`; never a personal name. */
export const actorSchema = z.string().min(1).max(64);
