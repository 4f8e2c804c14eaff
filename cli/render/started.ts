import type { Started } from '../demo.ts';
import type { Paint } from './paint.ts';
import { indent, table } from './table.ts';

/** How the news of a start are to be told. Shape: `oma` is what the reader types to run oma. */
export interface StartedLook {
  readonly isDetached: boolean;
  readonly oma: string;
  /** How the browser gets there, where that needs saying. */
  readonly hint: string | null;
  readonly paint: Paint;
}

/** Writes that oma runs, where the dashboard is, and what to do next. */
export function startedText(started: Started, look: StartedLook): string {
  const { oma, isDetached, hint, paint } = look;
  const news = started.demo
    ? [
        'The demo is running: four simulated accounts on a simulated provider. Nothing leaves this machine, and every answer is simulated.',
      ]
    : [`oma is running (pid ${String(started.pid)}).`];
  const stop = isDetached ? `\`${oma} down\` stops it.` : 'Ctrl-C stops it.';
  return [
    ...news.map((line) => paint('bold', line)),
    '',
    dashboardLine(started),
    ...(hint === null ? [] : [hint]),
    '',
    'Next:',
    indent(table(nextSteps(started, oma))),
    '',
    stop,
  ].join('\n');
}

/** Writes that one runs already. */
export function runningText(
  started: Started,
  flagsIgnored: boolean,
  { hint, paint }: Pick<StartedLook, 'hint' | 'paint'>,
): string {
  const what = started.demo ? 'The demo' : 'oma';
  const ignored = flagsIgnored
    ? ['Its port, host and configuration stay as they are: stop it with `oma down` to change them.']
    : [];
  return [
    paint('bold', `${what} is running already (pid ${String(started.pid)}).`),
    dashboardLine(started),
    ...(hint === null ? [] : [hint]),
    ...ignored,
  ].join('\n');
}

function dashboardLine({ launchUrl }: Started): string {
  return launchUrl === null ? 'No dashboard is served; `oma logs` says why.' : `Dashboard: ${launchUrl}`;
}

function nextSteps({ demo }: Started, oma: string): string[][] {
  if (!demo) {
    return [
      [`${oma} add ALIAS`, 'logs an account in; `import` brings logins you have'],
      [`${oma} plugin install`, 'lets OpenCode use them'],
      [`${oma} list`, 'shows the accounts'],
    ];
  }
  return [
    [`${oma} list`, 'shows the simulated accounts'],
    [`${oma} plugin install`, 'lets OpenCode use them; `plugin uninstall` takes that back'],
    // What brings `npx oma` brings `npx opencode`.
    [
      `${oma === 'oma' ? '' : 'npx '}opencode run "hello" --model openai/gpt-5.5`,
      'gets a simulated answer from one of them',
    ],
    [`${oma} why`, 'says which one, and why'],
  ];
}
