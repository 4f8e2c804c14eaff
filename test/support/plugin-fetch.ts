import { createFetch } from '../../plugin/fetch.ts';
import { type FakeLeases, fakeLeases, type FakeLeasesOptions } from './fake-leases.ts';
import { type Answerer, fakeUpstream, json, streamed } from './fake-upstream.ts';

/** When every test begins. */
export const NOW = 1_800_000_000_000;

/** The address that OpenCode asks. */
export const URL_IN = 'https://api.openai.com/v1/responses';

/** The pool unless a test wants another. */
export const THREE = [{ alias: 'a' }, { alias: 'b' }, { alias: 'c' }];

interface Setup {
  readonly accounts?: FakeLeasesOptions['accounts'];
  readonly leases?: Partial<FakeLeasesOptions>;
  readonly answers: readonly Answerer[];
  /** What happens during a wait; default: time passes. */
  readonly onWait?: (ms: number) => void;
}

/** The fetch of the plugin between a supervisor and a provider that are made up, with a clock that only waits move. */
export function setUp({ accounts = THREE, leases = {}, answers, onWait }: Setup) {
  const supervisor: FakeLeases = fakeLeases({ accounts, ...leases });
  const upstream = fakeUpstream(...answers);
  const waits: number[] = [];
  const toasts: string[] = [];
  const hosts: string[] = [];
  let now = NOW;
  const fetch = createFetch({
    supervisor,
    upstream: upstream.fetch,
    baseUrl: null,
    now: () => now,
    random: () => 0.5,
    wait: (ms, signal) => {
      signal?.throwIfAborted();
      waits.push(ms);
      now += ms;
      onWait?.(ms);
      return signal?.aborted === true ? Promise.reject(signal.reason as Error) : Promise.resolve();
    },
    newId: () => 'request-1',
    notices: { toast: (_variant, message) => toasts.push(message), log: () => undefined },
    onHost: (host) => hosts.push(host),
  });
  const ask = (init: RequestInit = {}) =>
    fetch(URL_IN, {
      method: 'POST',
      body: '{"model":"gpt-5.5","input":[]}',
      headers: { 'session-id': 'ses_1' },
      ...init,
    });
  return {
    supervisor,
    upstream,
    waits,
    toasts,
    hosts,
    fetch,
    ask,
    tried: () => upstream.arrivals.map(({ account }) => account.replace('account-', '')),
  };
}

/** What an error of the provider, or of the plugin, says to people. */
export const messageOf = async (response: Response) =>
  ((await response.json()) as { error: { message: string } }).error.message;

/** The account is at its limit for two hours. */
export const LIMITED: Answerer = () =>
  json(429, {
    error: { type: 'usage_limit_reached', message: 'The usage limit has been reached', resets_in_seconds: 7_200 },
  });

/** The access token has ended. */
export const EXPIRED: Answerer = () =>
  json(401, { error: { code: 'token_expired', message: 'Provided authentication token is expired.' } });

/** The provider itself fails, and asks for an hour of patience. */
export const FAILING: Answerer = () =>
  json(
    503,
    { error: { message: 'The service is unavailable.' } },
    { 'retry-after': '3600', 'retry-after-ms': '3600000', 'x-request-id': 'req_1' },
  );

/** A whole answer. */
export const GOOD: Answerer = () => streamed();
