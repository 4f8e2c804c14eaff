const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Says a length of time in its two largest units, rounded down: "3 d 4 h", "2 h 14 min", "12 min", "8 s". Why here: the command line and the page say it alike. */
export function duration(ms: number): string {
  const left = Math.max(0, ms);
  if (left < MINUTE_MS) return `${String(Math.floor(left / SECOND_MS))} s`;
  if (left < HOUR_MS) return `${String(Math.floor(left / MINUTE_MS))} min`;
  if (left < DAY_MS) return twoUnits(left, [HOUR_MS, 'h'], [MINUTE_MS, 'min']);
  return twoUnits(left, [DAY_MS, 'd'], [HOUR_MS, 'h']);
}

/** Says how long ago something was: "just now", "5 min ago". */
export function age(ms: number): string {
  return ms < 5 * SECOND_MS ? 'just now' : `${duration(ms)} ago`;
}

type Unit = readonly [ms: number, name: string];

function twoUnits(ms: number, [large, largeName]: Unit, [small, smallName]: Unit): string {
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms % large) / small);
  return rest === 0 ? `${String(whole)} ${largeName}` : `${String(whole)} ${largeName} ${String(rest)} ${smallName}`;
}
