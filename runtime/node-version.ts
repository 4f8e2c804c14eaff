/** The oldest Node that oma runs on. */
const OLDEST = [22, 22] as const;

/** Says in plain words that this Node is too old; null = it is not. Why: read before anything that a Node too old cannot load. */
export function tooOld(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return null;
  return `Node ${version} is too old — install Node ${OLDEST.join('.')} or newer from https://nodejs.org`;
}
