import type { ServiceDone } from '../service/plan.ts';
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

/** Writes how the service stands. */
export function serviceStatusText(view: {
  readonly manager: string;
  readonly file: string;
  readonly installed: boolean;
  readonly current: boolean;
}): string {
  if (!view.installed) return `No service of ${view.manager} is installed; \`oma service install\` does it.`;
  return view.current
    ? `A service of ${view.manager} is installed: ${plain(view.file)}`
    : `A service of ${view.manager} is installed, but it starts another oma; \`oma service install\` makes it start this one: ${plain(view.file)}`;
}

function leftText({ step, because, left }: NonNullable<ServiceDone['failed']>, paint: Paint): string[] {
  const why = step === '' ? [] : [paint('yellow', `"${step}" did not work: ${plain(because)}`)];
  return [...why, 'Left for you:', indent(left.join('\n'))];
}
