import type { Context } from '../context.ts';
import { differenceText, type JudgedDifference } from '../service/compare.ts';
import { type InspectedService, inspectService } from '../service/inspect.ts';
import { type Finding, finding, fine, type Level } from './finding.ts';

/** Looks at oma's own service: whether it is of this oma and this store, whether it runs, and whether it lasts. */
export async function examineService(context: Context, isRunning: boolean): Promise<readonly Finding[]> {
  // Elsewhere there is no service manager that oma knows.
  if (context.platform !== 'linux' && context.platform !== 'darwin') return [];
  const service = await inspectService(context);
  return service === null ? [] : judgeService(service, isRunning);
}

/** Judges the service as it was found; pure. */
export function judgeService(service: InspectedService, isRunning: boolean): readonly Finding[] {
  const found = [...judgeDescription(service), ...judgeRun(service, isRunning)];
  const wellOr = found.length === 0 ? [fine('service', `The service of ${service.manager} runs this oma.`)] : found;
  return [...wellOr, ...judgeLasting(service)];
}

function judgeDescription({ file, differences }: InspectedService): readonly Finding[] {
  if (differences.length === 0) return [];
  return [
    finding(levelOf(differences), {
      id: 'service-stale',
      what: `The service does not match this oma: ${differences.map(differenceText).join('; ')} (${file})`,
      advice:
        '`oma service install` describes it anew, for this oma and the variables that are set now; `oma service uninstall` removes it.',
    }),
  ];
}

/** A service whose programs are gone never starts; one on another Node does, but nobody may have meant it. */
function levelOf(differences: readonly JudgedDifference[]): Exclude<Level, 'ok'> {
  if (differences.some(({ part, isGone }) => isGone && (part === 'supervisor' || part === 'node'))) return 'problem';
  return differences.every(({ part }) => part === 'node') ? 'note' : 'warning';
}

function judgeRun({ manager, state: { run, because, isEnabled } }: InspectedService, isRunning: boolean): Finding[] {
  const why = because === null || because === '' ? '' : ` (${because})`;
  switch (run) {
    case 'running':
      return isEnabled === false ? [notEnabled()] : [];
    case 'failed':
      return [
        finding('problem', {
          id: 'service-failed',
          what: `The service of oma failed${why}, so ${manager} no longer keeps it running.`,
          advice: `${LOGS[manager]} says why; then \`oma service install\` starts it again.`,
        }),
      ];
    case 'stopped':
      return [
        finding('warning', {
          id: 'service-stopped',
          what: `The service of oma is installed, but does not run${isRunning ? ': the supervisor at work was started without it, and nothing restarts that one when it fails.' : '.'}`,
          advice: '`oma service install` starts it; `oma service uninstall` removes it if you no longer want it.',
        }),
      ];
    case 'unknown':
      return [
        finding('note', {
          id: 'service-unknown',
          what: `A service of oma is installed, but ${manager} does not tell how it stands${why}.`,
          advice: ASK[manager],
        }),
      ];
  }
}

const LOGS = {
  systemd: '`journalctl --user --unit oma.service`',
  launchd: '`oma logs`, or the file oma.log.launchd beside the log,',
} as const;

const ASK = {
  systemd:
    'Over SSH or after `su` this shell may have no session of systemd: log in directly and run `systemctl --user status oma.service`.',
  launchd: 'Look in a terminal of the desktop: over SSH there may be no session of launchd.',
} as const;

function notEnabled(): Finding {
  return finding('warning', {
    id: 'service-not-enabled',
    what: 'The service of oma runs now, but does not start at the next login.',
    advice: '`systemctl --user enable oma.service`',
  });
}

function judgeLasting({ state: { lingers } }: InspectedService): readonly Finding[] {
  if (lingers !== false) return [];
  return [
    finding('note', {
      id: 'service-linger',
      what: 'The service runs only while you are logged in.',
      advice: 'That is enough for a desktop. On a machine that works without you: `loginctl enable-linger`.',
    }),
  ];
}
