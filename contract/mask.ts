/** Hides an e-mail but keeps it recognisable to its owner. */
export function maskEmail(email: string): string {
  const [name = '', domain = ''] = email.split('@');
  return `${name.slice(0, 1)}…@${domain.slice(0, 1)}…`;
}

/** Hides every e-mail inside a text, such as an alias that is one. */
export function maskText(text: string): string {
  return text.replace(/[^\s@]+@[^\s@]+/g, maskEmail);
}
