import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { spawnDetached } from '../runtime/detached.ts';
import type { Context } from './context.ts';

/** How this machine opens a page, or why nobody would see it. */
export type BrowserPlan =
  | { readonly kind: 'open'; readonly command: string }
  | { readonly kind: 'none'; readonly because: 'ssh' | 'wsl' | 'no-display' };

/** An opener that has not failed by then has opened the page, in milliseconds. */
const START_MS = 1_500;

/** Decides how to open a page. Why: over SSH, or without a display, a browser would start where nobody sits. */
export function planBrowser(environment: Context['environment'], platform: NodeJS.Platform): BrowserPlan {
  const has = (name: string): boolean => environment[name] !== undefined && environment[name] !== '';
  if (has('SSH_CONNECTION') || has('SSH_TTY')) return { kind: 'none', because: 'ssh' };
  if (has('WSL_DISTRO_NAME') || has('WSL_INTEROP')) return { kind: 'none', because: 'wsl' };
  if (platform === 'darwin') return { kind: 'open', command: 'open' };
  if (has('DISPLAY') || has('WAYLAND_DISPLAY')) return { kind: 'open', command: 'xdg-open' };
  return { kind: 'none', because: 'no-display' };
}

/** Opens a page in the user's browser; false when that is not possible here. */
export async function openBrowser(context: Context, url: string): Promise<boolean> {
  const plan = planBrowser(context.environment, context.platform);
  if (plan.kind === 'none') return false;
  const page = await writeRedirect(context.paths().runtimeDir, url);
  // The whole environment: it is the user's own browser, and desktops find it by many variables.
  const opener = spawnDetached({
    command: plan.command,
    args: [pathToFileURL(page).href],
    env: context.environment,
  });
  const settled = new AbortController();
  const patience = sleep(START_MS, 0, { signal: settled.signal }).catch(() => 0);
  const code = await Promise.race([opener, patience]);
  settled.abort();
  return code === 0;
}

// The address carries a token, and every user of the machine can read the arguments of a process: so the browser gets a private file that leads there.
async function writeRedirect(directory: string, url: string): Promise<string> {
  const page = join(directory, 'open.html');
  const target = JSON.stringify(url).replaceAll('<', '\\u003c');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await rm(page, { force: true });
  await writeFile(page, `<!doctype html><title>oma</title><script>location.replace(${target})</script>\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  return page;
}
