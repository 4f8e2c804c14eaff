import { rm } from 'node:fs/promises';

import { type Answer, command } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { serviceStatusText, serviceText, type ServiceView } from '../render/autostart.ts';
import { runTool } from '../run-tool.ts';
import { connectIfRunning, stopAndWait } from '../running.ts';
import { inspectService } from '../service/inspect.ts';
import { planService, type ServiceDone, type ServicePlan, type Step } from '../service/plan.ts';
import { readText, replaceText } from '../text-file.ts';

/** The service manager waits for the supervisor to be ready; so long, in milliseconds. */
const STEP_MAX_MS = 90_000;
const FILE_MODE = 0o600;

const MORE =
  'On Linux it is a unit of your own systemd, on macOS an agent of launchd. It is started again when it fails, and not when `oma down` stops it.';

const install = command({
  name: 'service install',
  summary: 'Lets the system start the supervisor at login and again when it fails.',
  flags: {
    'dry-run': { summary: 'Shows the description of the service and changes nothing.' },
    'no-start': { summary: 'Only writes the description; you start it.' },
  },
  uses: ['supervisor.stop'],
  startsNothing: true,
  unwell: 'a step of the service manager failed',
  more: `${MORE}\nThe service gets the OPENCODE_MULTI_AUTH_ variables that are set now, but never the passphrase.\nWithout a login a systemd of yours runs only after: loginctl enable-linger`,
  run: async (context, input) => {
    const plan = planService(context);
    if (input.has('dry-run'))
      return { json: { ...plan, dryRun: true }, text: `# ${plan.file}\n${plan.text.trimEnd()}` };
    const changed = (await readText(plan.file)) !== plan.text;
    if (changed) await replaceText(plan.file, plan.text, { mode: FILE_MODE, backup: false });
    const failed = input.has('no-start') ? byHand(plan.start) : await startAnew(context, plan);
    return answer(context, { ...namesOf(plan), installed: true, changed, failed, notes: plan.notes });
  },
});

const uninstall = command({
  name: 'service uninstall',
  summary: 'Stops the service and removes its description.',
  flags: {},
  fails: ['CONFIG_INVALID'],
  unwell: 'a step of the service manager failed',
  run: async (context) => answer(context, await removeService(context)),
});

const status = command({
  name: 'service status',
  summary: 'Shows whether the supervisor is a service, whether it runs, and whether its description is of this oma.',
  flags: {},
  fails: ['CONFIG_INVALID'],
  unwell: 'it is not installed',
  more: '`oma doctor` judges it, and says what to do.',
  run: async (context) => {
    const found = await inspectService(context);
    const view: ServiceView = {
      ...namesOf(planService(context)),
      installed: found !== null,
      current: found?.differences.length === 0,
      differences: found?.differences ?? [],
      state: found?.state ?? null,
    };
    return { json: view, text: serviceStatusText(view), exit: view.installed ? EXIT.ok : EXIT.unwell };
  },
});

/** Everything about the service. */
export const serviceCommands = [install, uninstall, status] as const;

/** Stops the service and removes its description, where there is one. Errors: USAGE on a system with neither systemd nor launchd. */
export async function removeService(context: Context): Promise<ServiceDone> {
  const plan = planService(context);
  if ((await readText(plan.file)) === null)
    return { ...namesOf(plan), installed: false, changed: false, failed: null, notes: [] };
  const failed = await runSteps(context, plan.stop);
  await rm(plan.file, { force: true });
  return { ...namesOf(plan), installed: false, changed: true, failed, notes: [] };
}

/** Why: a supervisor that was started by hand would own the socket, and the service would end at once. */
async function startAnew(context: Context, plan: ServicePlan): Promise<ServiceDone['failed']> {
  const [prepare, ...rest] = plan.start;
  const failed = prepare === undefined || rest.length === 0 ? null : await runSteps(context, [prepare]);
  if (failed !== null) return { ...failed, left: plan.start.map(lineOf) };
  const session = await connectIfRunning(context);
  if (session !== null) await stopAndWait(context, session);
  return runSteps(context, rest.length === 0 ? plan.start : rest);
}

async function runSteps(context: Context, steps: readonly Step[]): Promise<ServiceDone['failed']> {
  for (const [index, step] of steps.entries()) {
    const { code, complaint } = await runTool(context, { ...step, deadlineMs: STEP_MAX_MS });
    if (code === 0) continue;
    const because = complaint === '' ? `it ended with ${code === null ? 'no code' : String(code)}` : complaint;
    return { step: lineOf(step), because, left: steps.slice(index).map(lineOf) };
  }
  return null;
}

function byHand(steps: readonly Step[]): ServiceDone['failed'] {
  return { step: '', because: '', left: steps.map(lineOf) };
}

function lineOf({ command: name, args }: Step): string {
  return [name, ...args].join(' ');
}

function namesOf({ manager, file }: ServicePlan): Pick<ServiceDone, 'manager' | 'file'> {
  return { manager, file };
}

function answer({ paint }: Context, done: ServiceDone): Answer {
  const hasFailed = done.failed !== null && done.failed.step !== '';
  return { json: done, text: serviceText(done, paint), exit: hasFailed ? EXIT.unwell : EXIT.ok };
}
