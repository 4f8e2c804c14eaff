// Control characters, line and paragraph separators, and the marks that reorder text: what could move the cursor or lie about a line.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Makes text that came from elsewhere safe to print on one line of a terminal. */
export function plain(text: string): string {
  return text.replace(UNSAFE, ' ').trim();
}
