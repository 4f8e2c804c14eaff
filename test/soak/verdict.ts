import type { Summary } from './summary.ts';

export const SUCCESS_RATE_MIN = 0.999;
/** Growth of one process of oma, over the hours it was watched. */
const GROWTH_MIB_MAX = 32;
const DESCRIPTORS_GROWTH_MAX = 20;
/** Below it the watched time says nothing about growth. */
const HOURS_MIN = 0.25;
/** An account that serves less than this share of its even part has been forgotten by the rotation; so few requests say nothing. */
const EVEN_SHARE_MIN = 0.25;
const EVEN_MIN = 20;

/** Says what a soak found wrong; nothing means it passed. */
export function problemsOf(summary: Summary): readonly string[] {
  const { requests, hoursAsked, hoursSoaked, violations, doubledSamplesMax } = summary;
  const bad = (holds: boolean, text: string): readonly string[] => (holds ? [text] : []);
  return [
    ...bad(hoursSoaked < hoursAsked * 0.98, `only ${hoursSoaked} of ${hoursAsked} hours were soaked`),
    ...bad((requests.successRate ?? 0) < SUCCESS_RATE_MIN, `success rate ${String(requests.successRate)}`),
    ...bad(doubledSamplesMax > 1, `two of one process in ${doubledSamplesMax} samples in a row`),
    ...violations,
    ...forgotten(summary),
    ...summary.resources.flatMap(({ role, longestHours, rssMiB, rssSlopeMiBPerHour, descriptors }) => [
      ...bad(
        longestHours >= HOURS_MIN && (rssSlopeMiBPerHour ?? 0) * longestHours > GROWTH_MIB_MAX,
        `${role} grows by ${String(rssSlopeMiBPerHour)} MiB an hour (${rssMiB.first} to ${rssMiB.last} MiB)`,
      ),
      ...bad(
        descriptors.last - descriptors.first > DESCRIPTORS_GROWTH_MAX,
        `${role} has ${descriptors.last} descriptors, at first ${descriptors.first}`,
      ),
    ]),
  ];
}

function forgotten({ rotated }: Summary): readonly string[] {
  return Object.entries(rotated)
    .filter(([, { served, even }]) => even >= EVEN_MIN && served < even * EVEN_SHARE_MIN)
    .map(([alias, { served, even }]) => `${alias} served only ${served} requests, an even part is ${even}`);
}
