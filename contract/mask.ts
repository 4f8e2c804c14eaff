/** Hides an e-mail but keeps it recognisable to its owner. */
export function maskEmail(email: string): string {
  const [name = '', domain = ''] = email.split('@');
  return `${name.slice(0, 1)}…@${domain.slice(0, 1)}…`;
}

/** What cannot be in an address, or surrounds one in a sentence. */
const BETWEEN = String.raw`\s@"'“”‘’<>()[\]{},;:?!/`;
const EMAIL = new RegExp(`[^${BETWEEN}]+@(?:[^${BETWEEN}]*[^${BETWEEN}.])?`, 'g');

/** Hides every e-mail inside a text, such as an alias that is one; also one without a dot. */
export function maskText(text: string): string {
  return text.replace(EMAIL, maskEmail);
}
