import type { TuiHost } from './host.ts';

/**
 * Asks the terminal to put a text into its clipboard; it may refuse without a word.
 * Why twice: inside tmux the host wraps the request for the terminal outside, and tmux itself takes only one that is not wrapped.
 */
export function copy({ renderer }: TuiHost, write: (bytes: string) => unknown, text: string): void {
  renderer.copyToClipboardOSC52?.(text);
  write(`\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`);
}
