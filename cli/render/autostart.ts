import { differenceText, type JudgedDifference } from '../service/compare.ts';
import type { ServiceDone } from '../service/plan.ts';
import type { ServiceState } from '../service/state.ts';
import type { Paint } from './paint.ts';
import { plain } from './plain.ts';
import { indent } from './table.ts';

/** Writes what was done with the service, and what is left to do by hand. */
export function serviceText({ file, installed, changed, failed, notes }: ServiceDone, paint: Paint): string {
  const where = plain(file);
  const done = installed
    ? `The service is ${changed ? 'installed' : 'installed already'}: ${where}`
    : changed
      ? `The service is removed: ${where}`
      : 'There is no service of oma here; nothing was changed.';
  return [
    paint('green', done),
    ...(failed === null ? (installed ? ['It runs, and it will after the next login.'] : []) : leftText(failed, paint)),
    ...notes.map((note) => paint('yellow', plain(note))),
  ].join('\n');
}

/** How the service stands. Shape: `state` null = none is installed. */
export interface ServiceView extends Pick<ServiceDone, 'manager' | 'file' | 'installed'> {
  readonly current: boolean;
  readonly differences: readonly JudgedDifference[];
  readonly state: ServiceState | null;
}

/** Writes how the service stands. */
export function serviceStatusText({ manager, file, state, current, differences }: ServiceView): string {
  if (state === null) return `No service of ${manager} is installed; \`oma service install\` does it.`;
  return [
    `A service of ${manager} is installed: ${plain(file)}`,
    runText(state),
    ...differences.map((difference) => `But ${plain(differenceText(difference))}`),
    ...(current ? [] : ['`oma service install` makes it start this oma, for this store.']),
  ].join('\n');
}

function runText({ run, because }: ServiceState): string {
  const why = because === null || because === '' ? '' : ` (${plain(because)})`;
  switch (run) {
    case 'running':
      return 'It runs.';
    case 'stopped':
      return 'It does not run; `oma service install` starts it.';
    case 'failed':
      return `It failed${why}; \`oma logs\` may say why.`;
    case 'unknown':
      return `Whether it runs cannot be told${why}.`;
  }
}

function leftText({ step, because, left }: NonNullable<ServiceDone['failed']>, paint: Paint): string[] {
  const why = step === '' ? [] : [paint('yellow', `"${step}" did not work: ${plain(because)}`)];
  return [...why, 'Left for you:', indent(left.join('\n'))];
}
