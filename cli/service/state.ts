import type { Context } from '../context.ts';
import { runTool } from '../run-tool.ts';
import { LAUNCHD_LABEL } from './launchd.ts';
import type { ServicePlan, Step } from './plan.ts';
import { SYSTEMD_UNIT } from './systemd.ts';

/** How a service stands with its manager. Shape: `because` is the manager's own word for it, or why it cannot be asked. */
export interface ServiceState {
  readonly run: 'running' | 'stopped' | 'failed' | 'unknown';
  readonly because: string | null;
  /** Whether it starts by itself; null = not known. */
  readonly isEnabled: boolean | null;
  /** Whether it runs without a login of its user; null = not known, or no such thing. */
  readonly lingers: boolean | null;
}

/** A manager that has not answered by then is stuck, in milliseconds. */
const ANSWER_MAX_MS = 10_000;

/** Asks the manager of services how ours stands; changes nothing. */
export function askManager(context: Context, manager: ServicePlan['manager']): Promise<ServiceState> {
  return manager === 'systemd' ? askSystemd(context) : askLaunchd(context);
}

async function askSystemd(context: Context): Promise<ServiceState> {
  const [shown, lingering] = await Promise.all([
    ask(context, {
      command: 'systemctl',
      args: ['--user', 'show', SYSTEMD_UNIT, '--property=ActiveState,SubState,Result,UnitFileState'],
    }),
    ask(context, { command: 'loginctl', args: ['show-user', String(context.uid), '--property=Linger'] }),
  ]);
  const lingers = lingering.code === 0 ? isYes(propertiesOf(lingering.stdout)['Linger']) : null;
  return shown.code === 0
    ? { ...systemdState(shown.stdout), lingers }
    : { run: 'unknown', because: shown.complaint, isEnabled: null, lingers };
}

/** Reads what `systemctl show` says of a unit; pure. */
export function systemdState(shown: string): Omit<ServiceState, 'lingers'> {
  const { ActiveState, SubState, Result, UnitFileState } = propertiesOf(shown);
  const isEnabled = UnitFileState === undefined || UnitFileState === '' ? null : UnitFileState.startsWith('enabled');
  // A unit that ends at each start is "activating" for as long as systemd tries again.
  if (ActiveState === 'failed' || SubState === 'auto-restart')
    return { run: 'failed', because: Result ?? null, isEnabled };
  return { run: RUN_OF[ActiveState ?? ''] ?? 'unknown', because: SubState ?? null, isEnabled };
}

const RUN_OF: Readonly<Record<string, ServiceState['run']>> = {
  active: 'running',
  activating: 'running',
  reloading: 'running',
  inactive: 'stopped',
  deactivating: 'stopped',
};

async function askLaunchd(context: Context): Promise<ServiceState> {
  const name = `gui/${String(context.uid)}/${LAUNCHD_LABEL}`;
  const { code, stdout, complaint } = await ask(context, { command: 'launchctl', args: ['print', name] });
  if (code === 0) return { ...launchdState(stdout), lingers: null };
  const isUnknown = !/could not find service/i.test(complaint);
  return { run: isUnknown ? 'unknown' : 'stopped', because: complaint, isEnabled: null, lingers: null };
}

/** Reads what `launchctl print` says of an agent; pure. */
export function launchdState(printed: string): Omit<ServiceState, 'lingers'> {
  const state = /^\s*state = (.+)$/m.exec(printed)?.[1] ?? null;
  const lastExit = /^\s*last exit code = (\d+)/m.exec(printed)?.[1] ?? '0';
  if (state === 'running') return { run: 'running', because: state, isEnabled: true };
  return lastExit === '0'
    ? { run: state === null ? 'unknown' : 'stopped', because: state, isEnabled: true }
    : { run: 'failed', because: `exit code ${lastExit}`, isEnabled: true };
}

function ask(context: Context, step: Step): ReturnType<typeof runTool> {
  return runTool(context, { ...step, deadlineMs: ANSWER_MAX_MS });
}

function propertiesOf(shown: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    shown.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1).trim()]),
  );
}

function isYes(value: string | undefined): boolean | null {
  return value === undefined ? null : value === 'yes';
}
