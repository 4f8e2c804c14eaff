const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Says a length of time in two units at most: "2 h 14 min", "3 d 4 h", "45 s". */
export function duration(ms: number): string {
  const left = Math.max(0, ms);
  if (left < MINUTE_MS) return `${Math.floor(left / SECOND_MS)} s`;
  if (left < HOUR_MS) return `${Math.floor(left / MINUTE_MS)} min`;
  if (left < DAY_MS) return two(left, [HOUR_MS, 'h'], [MINUTE_MS, 'min']);
  return two(left, [DAY_MS, 'd'], [HOUR_MS, 'h']);
}

/** Says how long ago: "just now", "5 min ago". */
export function age(ms: number): string {
  return ms < 5 * SECOND_MS ? 'just now' : `${duration(ms)} ago`;
}

/** Says a percentage without false precision: "62 %", and "<1 %" rather than a false 0. */
export function percent(value: number): string {
  if (value > 0 && value < 1) return '<1 %';
  return `${Math.round(value)} %`;
}

/** Names a window by its length. */
export function windowName(durationMinutes: number): string {
  if (durationMinutes === 300) return '5 h';
  if (durationMinutes === 10_080) return 'Week';
  if (durationMinutes >= 40_320 && durationMinutes <= 44_640) return 'Month';
  return duration(durationMinutes * MINUTE_MS);
}

// Why made once: toLocaleTimeString makes one at each call, which for 200 accounts took longer than all the rest of the page.
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });

/** Says an instant as a clock shows it, with the day when it is not today. */
export function clockTime(at: number, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return isToday ? CLOCK.format(at) : `${DAY.format(at)} ${CLOCK.format(at)}`;
}

function two(
  ms: number,
  [big, bigName]: readonly [number, string],
  [small, smallName]: readonly [number, string],
): string {
  const whole = Math.floor(ms / big);
  const rest = Math.floor((ms % big) / small);
  return rest === 0 ? `${whole} ${bigName}` : `${whole} ${bigName} ${rest} ${smallName}`;
}
