import { checkAccess, cutAccess, issueFamily, refresh, type TokenSet as Issued } from '../../cli/simulator/tokens.ts';
import { newWorld } from '../../cli/simulator/world.ts';
import type { ProbeReport } from '../../contract/limits.ts';
import type { Client } from '../../contract/operation.ts';
import { secretSchema } from '../../contract/scalars.ts';
import type { WorkerOperations } from '../../contract/worker-operations.ts';
import type { NewAccount } from '../../supervisor/core/accounts.ts';
import { newAccount, tokenSet } from './state.ts';

/** The provider without its sockets: the simulator's own rules, and what came of each refresh. */
export interface ProviderModel {
  /** A login of a seat, as the store takes it in. */
  login: (alias: string) => NewAccount;
  readonly worker: Pick<Client<WorkerOperations>, 'token.refresh' | 'usage.read'>;
  /** Whether a request with this token would be served. */
  serves: (accessToken: string) => boolean;
  /** Refuses every access token that exists of this seat. */
  cut: (alias: string) => void;
  /** Times a refresh token was spent; `reused` ones end the login for good. */
  readonly refreshes: { granted: number; reused: number; other: number };
  /** Probes that completed and that failed. */
  readonly probes: { completed: number; failed: number };
}

export interface ProviderModelOptions {
  readonly aliases: readonly string[];
  readonly ttlSeconds: number;
  now: () => number;
  /** Whether the next probe fails. */
  probeFails: () => boolean;
}

/** Makes a provider whose refresh tokens work once and whose logins end when one is used twice. */
export function providerModel({ aliases, ttlSeconds, now, probeFails }: ProviderModelOptions): ProviderModel {
  const seats = aliases.map((alias) => ({
    alias,
    email: `${alias}@example.test`,
    accountId: `ws-${alias}`,
    userId: `user-${alias}`,
  }));
  const settings = { accessTokenTtlSeconds: ttlSeconds, revokeFamilyOnReuse: true };
  let world = newWorld({ salt: 'model', seats, settings }, now());
  const refreshes = { granted: 0, reused: 0, other: 0 };
  const probes = { completed: 0, failed: 0 };
  return {
    refreshes,
    probes,
    login: (alias) => {
      const [next, tokens] = issueFamily(world, alias, now());
      world = next;
      const { accessToken, refreshToken, expiresAtMs } = asTokenSet(tokens);
      const credentials = { accessToken, refreshToken, idToken: null, expiresAt: expiresAtMs, lastRefreshAt: now() };
      return { ...newAccount(alias), credentials };
    },
    worker: {
      'token.refresh': ({ refreshToken }) => {
        const [next, result] = refresh(world, refreshToken, now());
        world = next;
        if (result.kind === 'rotated') {
          refreshes.granted += 1;
          return Promise.resolve({ status: 'granted', tokens: asTokenSet(result.tokens) });
        }
        refreshes[result.code === 'refresh_token_reused' ? 'reused' : 'other'] += 1;
        return Promise.resolve({ status: 'rejected', code: result.code, message: 'refused by the model' });
      },
      'usage.read': () => {
        const fails = probeFails();
        probes[fails ? 'failed' : 'completed'] += 1;
        return Promise.resolve(report(fails, { now: now(), count: probes.completed }));
      },
    },
    serves: (accessToken) => checkAccess(world, accessToken, now()).kind === 'valid',
    cut: (alias) => void (world = cutAccess(world, alias, 'expired')),
  };
}

function asTokenSet({ alias, accessToken, refreshToken, expiresAtMs }: Issued) {
  return tokenSet(alias, {
    accessToken: secretSchema.parse(accessToken),
    refreshToken: secretSchema.parse(refreshToken),
    expiresAtMs,
  });
}

/** A probe report of the usage endpoint that changes nothing (`failed`), or that has one more percent each time. */
function report(fails: boolean, { now, count }: { readonly now: number; readonly count: number }): ProbeReport {
  const seen = { model: null, effort: null, codexVersion: null, sessionFile: null, attempts: [] };
  const base = { source: 'usage-endpoint', ...seen } as const;
  if (fails) return { kind: 'failed', ...base, code: 'UPSTREAM_ERROR', message: 'planned', retryAtMs: null };
  const window = { limitId: 'codex', limitName: null, durationMinutes: 300, usedPercent: count % 60, resetsAtMs: null };
  return { kind: 'complete', ...base, observedAtMs: now, planType: 'plus', windows: [window] };
}
