import { DEFAULT_PORT } from '../contract/env.ts';
import { planBrowser } from './browser.ts';
import type { Context } from './context.ts';

/** Where a browser login comes back to unless that port is in use. */
export const LOGIN_PORT = 1455;

/** Writes the command that brings ports of this machine to the one where the browser is. */
export function forwardCommand(...ports: readonly number[]): string {
  return ['ssh', ...ports.map((port) => `-L ${String(port)}:localhost:${String(port)}`), 'HOST'].join(' ');
}

/** Says over SSH how the browser reaches the dashboard and the end of a login; null elsewhere. */
export function dashboardHint({ environment, platform }: Context, url: string): string | null {
  const plan = planBrowser(environment, platform);
  if (plan.kind === 'open' || plan.because !== 'ssh') return null;
  return `You are connected over SSH. Where your browser is, run: ${forwardCommand(portOf(url), LOGIN_PORT)}`;
}

/** The port of an address of the dashboard. */
export function portOf(url: string | null): number {
  return url !== null && URL.canParse(url) ? Number(new URL(url).port) || DEFAULT_PORT : DEFAULT_PORT;
}
