import type { Deps } from '../../worker/deps.ts';
import { type Simulator, useSimulator } from './simulator.ts';
import { type Call, useWorker } from './worker.ts';

/** What a browser shows at the end of its way, and where. */
interface Shown {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const REDIRECTS_MAX = 5;

/** A worker and a simulated provider. */
export async function setUp(replaced: Partial<Deps> = {}, redirectPorts: 'any' | 'exchange-refuses' = 'any') {
  const simulator = await useSimulator({ settings: { redirectPorts } });
  return { simulator, worker: useWorker(replaced) };
}

/** Begins a login. */
export function begin(worker: Call, simulator: Simulator, loginId = 'login-1') {
  return worker['login.begin']({ loginId, method: 'browser', issuerUrl: simulator.issuerUrl });
}

/** Follows redirects one by one, as a browser does. */
export async function browse(start: string): Promise<Shown> {
  let url = start;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const response = await fetch(url, { redirect: 'manual' });
    const text = await response.text();
    const location = response.headers.get('location');
    if (response.status !== 302 || location === null)
      return { url, status: response.status, headers: response.headers, text };
    url = new URL(location, url).href;
  }
  throw new Error('Too many redirects.');
}

/** The click of a person on the sign-in page; an empty name refuses. */
export function signIn(authorizeUrl: string, alias: string): string {
  const url = new URL(authorizeUrl);
  url.searchParams.set('sim_user', alias);
  return url.href;
}

/** Where the provider will send the browser back to. */
export function redirectOf(authorizeUrl: string): URL {
  return new URL(new URL(authorizeUrl).searchParams.get('redirect_uri') ?? '');
}
