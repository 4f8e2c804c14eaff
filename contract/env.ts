import * as z from 'zod';

import { isHttpsOrLoopback } from './address.ts';
import { OmaError } from './errors.ts';
import { modelSchema, secretSchema, thresholdSchema } from './scalars.ts';
import { strategySchema } from './settings.ts';

/** Every variable of oma begins with this. */
export const ENV_PREFIX = 'OPENCODE_MULTI_AUTH_';

/** Accepts https anywhere and plain http on loopback only. */
export const upstreamUrlSchema = z
  .url({ protocol: /^https?$/ })
  .refine(isHttpsOrLoopback, 'use https, or http on a loopback address')
  .transform((url) => url.replace(/\/+$/, ''));

const flagSchema = z.enum(['0', '1', 'true', 'false']).transform((value) => value === '1' || value === 'true');
const textSchema = z.string().min(1).max(4_096);

/** The only reader of the environment: name without prefix -> schema, default as text, meaning. The README table is made from it. */
export const ENV = {
  STORE_DIR: entry(textSchema, '~/.config/opencode-multi-auth', 'Directory of the store.'),
  STORE_FILE: entry(textSchema, '<STORE_DIR>/accounts.json', 'The store file.'),
  SOCKET: entry(
    textSchema,
    'under the runtime directory',
    'The Unix socket of the supervisor; its path length is checked.',
  ),
  PORT: entry(z.coerce.number().int().min(0).max(65_535), '3434', 'Port of the dashboard; if busy, the next free one.'),
  HOST: entry(textSchema, '127.0.0.1', 'Address of the dashboard; anything but loopback is refused.'),
  CODEX_AUTH_FILE: entry(textSchema, '~/.codex/auth.json', "codex's own login file."),
  CODEX_BIN: entry(textSchema, 'found on PATH', 'The codex binary that probes exec.'),
  PROBE_EFFORT: entry(z.string().regex(/^[a-z]{1,16}$/), 'low', 'Reasoning effort of an exec probe.'),
  PROBE_MODELS: entry(
    z
      .string()
      .transform((list) => list.split(',').map((model) => model.trim()))
      .pipe(z.array(modelSchema).min(1).max(10)),
    'gpt-5.3-codex,…',
    'Models an exec probe tries, in order, comma-separated.',
  ),
  BASE_URL: entry(
    upstreamUrlSchema,
    'https://chatgpt.com/backend-api',
    'The ChatGPT backend; https, or http on loopback.',
  ),
  ISSUER_URL: entry(upstreamUrlSchema, 'https://auth.openai.com', 'The OAuth issuer; https, or http on loopback.'),
  ROTATION_STRATEGY: entry(strategySchema, 'round-robin', 'Setting that wins over everything else.'),
  CRITICAL_THRESHOLD: entry(z.coerce.number().pipe(thresholdSchema), '10', 'Setting that wins over everything else.'),
  LOW_THRESHOLD: entry(z.coerce.number().pipe(thresholdSchema), '30', 'Setting that wins over everything else.'),
  SESSION_AFFINITY: entry(flagSchema, '1', 'Setting that wins over everything else.'),
  ANTIGRAVITY_ENABLED: entry(flagSchema, '0', 'Setting that wins over everything else.'),
  PASSPHRASE: entry(secretSchema, 'none', 'Encrypts the store.'),
  AUTOSTART: entry(flagSchema, '1', '0 keeps the plugin from starting the supervisor.'),
  LOG_LEVEL: entry(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), 'info', 'Level of the log.'),
  LOG_FILE: entry(textSchema, 'in the state directory', 'The log file.'),
} as const;

/** The parsed environment; absent variables are undefined. */
export type Env = { readonly [K in keyof typeof ENV]?: z.output<(typeof ENV)[K]['schema']> | undefined };

/** The ChatGPT backend unless another is asked for. */
export const DEFAULT_BASE_URL = 'https://chatgpt.com/backend-api';

/** The OAuth issuer unless another is asked for. */
export const DEFAULT_ISSUER_URL = 'https://auth.openai.com';

/** Port of the dashboard unless another is asked for. */
export const DEFAULT_PORT = 3434;

const envSchema = z.object({
  STORE_DIR: ENV.STORE_DIR.schema.optional(),
  STORE_FILE: ENV.STORE_FILE.schema.optional(),
  SOCKET: ENV.SOCKET.schema.optional(),
  PORT: ENV.PORT.schema.optional(),
  HOST: ENV.HOST.schema.optional(),
  CODEX_AUTH_FILE: ENV.CODEX_AUTH_FILE.schema.optional(),
  CODEX_BIN: ENV.CODEX_BIN.schema.optional(),
  PROBE_EFFORT: ENV.PROBE_EFFORT.schema.optional(),
  PROBE_MODELS: ENV.PROBE_MODELS.schema.optional(),
  BASE_URL: ENV.BASE_URL.schema.optional(),
  ISSUER_URL: ENV.ISSUER_URL.schema.optional(),
  ROTATION_STRATEGY: ENV.ROTATION_STRATEGY.schema.optional(),
  CRITICAL_THRESHOLD: ENV.CRITICAL_THRESHOLD.schema.optional(),
  LOW_THRESHOLD: ENV.LOW_THRESHOLD.schema.optional(),
  SESSION_AFFINITY: ENV.SESSION_AFFINITY.schema.optional(),
  ANTIGRAVITY_ENABLED: ENV.ANTIGRAVITY_ENABLED.schema.optional(),
  PASSPHRASE: ENV.PASSPHRASE.schema.optional(),
  AUTOSTART: ENV.AUTOSTART.schema.optional(),
  LOG_LEVEL: ENV.LOG_LEVEL.schema.optional(),
  LOG_FILE: ENV.LOG_FILE.schema.optional(),
} satisfies Record<keyof typeof ENV, z.ZodType>);

/**
 * Parses the variables of oma out of a process environment; an empty string counts as absent.
 * Errors: CONFIG_INVALID naming the variable and the constraint, never its value.
 */
export function parseEnv(environment: Readonly<Record<string, string | undefined>>): Env {
  const given: Record<string, string> = {};
  for (const name of Object.keys(ENV)) {
    const value = environment[ENV_PREFIX + name];
    if (value !== undefined && value !== '') given[name] = value;
  }
  const parsed = envSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${ENV_PREFIX}${String(issue.path[0])}: ${issue.message}`);
  throw new OmaError('CONFIG_INVALID', `The environment is not valid: ${problems.join('; ')}. Correct or unset it.`, {
    problems,
  });
}

function entry<S extends z.ZodType>(
  schema: S,
  defaultText: string,
  meaning: string,
): { readonly schema: S; readonly defaultText: string; readonly meaning: string } {
  return { schema, defaultText, meaning };
}
