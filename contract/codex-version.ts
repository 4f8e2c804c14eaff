/** The oldest codex whose session files can be judged: since then lines are numbered. */
const OLDEST_MINOR = 155;

/** Since then a session file names the account it ran as. */
const NAMES_ACCOUNT_MINOR = 169;

/** Reads the version out of `codex --version`; null if that is not what was printed. */
export function parseVersion(stdout: string): string | null {
  return /^codex(?:-cli|-exec)? (\d{1,5}\.\d{1,5}\.\d{1,5}(?:-[0-9A-Za-z.-]{1,40})?)\s*$/.exec(stdout)?.[1] ?? null;
}

/** Tells whether oma understands this codex. */
export function isSupported(version: string): boolean {
  return isAtLeast(version, OLDEST_MINOR);
}

/** Tells whether a session file of this codex must name its account. */
export function namesAccount(version: string): boolean {
  return isAtLeast(version, NAMES_ACCOUNT_MINOR);
}

function isAtLeast(version: string, minor: number): boolean {
  const [, major, itsMinor] = /^(\d+)\.(\d+)\./.exec(version) ?? [];
  if (major === undefined || itsMinor === undefined) return false;
  return Number(major) > 0 || Number(itsMinor) >= minor;
}
