import { readFile } from 'node:fs/promises';

import * as z from 'zod';

import type { AntigravityView } from '../../contract/antigravity.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import { isoTime } from '../core/time.ts';
import type { Context } from './context.ts';

/** Larger files are not the plugin's. */
const BYTES_MAX = 4 * 1_024 * 1_024;

const timeSchema = z.number().nonnegative().max(8_640_000_000_000_000);

/** The accounts file of OpenCode's antigravity plugin, versions 1 to 4, as far as oma shows it; tokens are not even read. */
const fileSchema = z.object({
  version: z.int().min(1).max(4),
  accounts: z
    .array(
      z.object({
        email: z.string().max(320).optional(),
        enabled: z.boolean().optional(),
        rateLimitResetTime: timeSchema.optional(),
        rateLimitResetTimes: z.record(z.string().max(64), timeSchema).optional(),
        cachedQuota: z
          .record(
            z.string().max(64),
            z.object({ remainingFraction: z.number().min(0).max(1).optional(), resetTime: z.string().optional() }),
          )
          .optional(),
      }),
    )
    .max(1_000),
});

type ForeignAccount = z.infer<typeof fileSchema>['accounts'][number];
type Quota = AntigravityView['accounts'][number]['quotas'][number];

/** Shows the accounts and quotas of the antigravity plugin. Why: this module is loaded only when the feature is on; it never writes. */
export async function getAntigravity({ addresses, settings, now }: Context): Promise<AntigravityView> {
  const reserved = [...settings.effective().settings.antigravityReserved];
  const found = await readAccounts(addresses.antigravityFile);
  if (typeof found === 'string') return { accounts: [], reserved, error: found };
  const accounts = found.map((account) => ({
    email: account.email ?? null,
    enabled: account.enabled ?? true,
    quotas: quotasOf(account, now()),
  }));
  return { accounts, reserved, error: null };
}

async function readAccounts(path: string): Promise<readonly ForeignAccount[] | string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return 'The antigravity plugin has no accounts file. Log in there with "opencode auth login".';
  }
  const parsed = text.length > BYTES_MAX ? null : fileSchema.safeParse(parseJson(text));
  return parsed?.success === true
    ? parsed.data.accounts
    : 'The accounts file of the antigravity plugin has a form that oma does not know.';
}

function quotasOf(
  { cachedQuota = {}, rateLimitResetTimes = {}, rateLimitResetTime }: ForeignAccount,
  now: EpochMs,
): Quota[] {
  const cached = Object.entries(cachedQuota).map(([model, quota]): Quota => {
    const resetsAt = Date.parse(quota.resetTime ?? '');
    const isPast = !Number.isNaN(resetsAt) && resetsAt <= now;
    const remaining = quota.remainingFraction === undefined || isPast ? null : quota.remainingFraction * 100;
    return {
      model,
      remainingPercent: remaining,
      resetsAt: Number.isNaN(resetsAt) || isPast ? null : isoTime(resetsAt),
    };
  });
  const limits =
    rateLimitResetTime === undefined ? rateLimitResetTimes : { ...rateLimitResetTimes, all: rateLimitResetTime };
  const limited = Object.entries(limits)
    .filter(([, until]) => until > now)
    .map(([model, until]): Quota => ({ model, remainingPercent: 0, resetsAt: isoTime(until) }));
  return [...cached, ...limited];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
