import type { Stream } from './context.ts';
import { plain } from './render/plain.ts';

/** Width to assume where the terminal does not say. */
const COLUMNS_DEFAULT = 80;
/** A wait that nobody notices, in milliseconds. */
const NOTICEABLE_MS = 400;
const CLEAR_LINE = '\r\u001b[2K';

/** One line of the terminal that says how a long wait stands; on a pipe it says nothing. */
export interface Progress {
  say: (text: string) => void;
  /** Takes the line away again. */
  end: () => void;
}

/** Makes the progress line of a command. */
export function createProgress(stream: Stream): Progress {
  if (stream.isTTY !== true) return { say: () => undefined, end: () => undefined };
  let shown = '';
  const show = (text: string): void => {
    if (text === shown) return;
    shown = text;
    stream.write(CLEAR_LINE + text);
  };
  return {
    say: (text) => show(plain(text).slice(0, (stream.columns || COLUMNS_DEFAULT) - 1)),
    end: () => show(''),
  };
}

/** Shows what is being waited for, once that takes long enough to wonder. */
export async function withProgress<R>(stream: Stream, text: string, work: Promise<R>): Promise<R> {
  const progress = createProgress(stream);
  const timer = setTimeout(() => progress.say(text), NOTICEABLE_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    progress.end();
  }
}
