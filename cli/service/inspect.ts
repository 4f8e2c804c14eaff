import type { Context } from '../context.ts';
import { pathFacts } from '../create-context.ts';
import { isThere, readText } from '../text-file.ts';
import { compareService, type Difference, type JudgedDifference } from './compare.ts';
import { readLaunchdAgent } from './launchd.ts';
import { planService, type ServicePlan } from './plan.ts';
import { askManager, type ServiceState } from './state.ts';
import { readSystemdUnit } from './systemd.ts';

/** The service as it is installed. Shape: `differences` empty = its description is of this oma and this store. */
export interface InspectedService extends Pick<ServicePlan, 'manager' | 'file'> {
  readonly differences: readonly JudgedDifference[];
  readonly state: ServiceState;
}

const READERS = { systemd: readSystemdUnit, launchd: readLaunchdAgent };

/**
 * Looks at the installed service; null when there is none. Changes nothing.
 * Errors: USAGE on a system with neither systemd nor launchd.
 */
export async function inspectService(context: Context): Promise<InspectedService | null> {
  const { manager, file } = planService(context);
  const text = await readText(file);
  if (text === null) return null;
  const { node, supervisor } = context.programs;
  const { storeFile, socketPath } = context.paths();
  const differences = compareService(
    READERS[manager](text),
    { node, supervisor, storeFile, socketPath },
    pathFacts(context),
  );
  return {
    manager,
    file,
    differences: await Promise.all(differences.map(judged)),
    state: await askManager(context, manager),
  };
}

async function judged(difference: Difference): Promise<JudgedDifference> {
  const { described } = difference;
  return { ...difference, isGone: described !== null && !(await isThere(described)) };
}
