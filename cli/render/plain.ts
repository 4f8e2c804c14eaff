// Control characters, line and paragraph separators, and the marks that reorder text: what could move the cursor or lie about a line.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Makes text that came from elsewhere safe to print on one line of a terminal. */
export function plain(text: string): string {
  return text.replace(UNSAFE, ' ').trim();
}

/** Hides an e-mail but keeps it recognisable to its owner. */
export function maskEmail(email: string): string {
  const [name = '', domain = ''] = email.split('@');
  return `${name.slice(0, 1)}…@${domain.slice(0, 1)}…`;
}

/** Hides every e-mail inside a text, such as an alias that is one. */
export function maskText(text: string): string {
  return text.replace(/[^\s@]+@[^\s@]+/g, maskEmail);
}
