import { duration } from '../contract/duration.ts';

export { age, duration } from '../contract/duration.ts';

const MINUTE_MS = 60 * 1_000;

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
