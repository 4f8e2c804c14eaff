import { isOmaError } from '../../contract/errors.ts';
import type { Context } from '../context.ts';
import { connectIfRunning } from '../running.ts';
import type { Session } from '../session.ts';
import { portOf } from '../ssh.ts';
import { examineService } from './autostart.ts';
import { examineFiles, type Runs } from './files.ts';
import { type Finding, finding, fine, type Level } from './finding.ts';
import { examineMachine } from './machine.ts';
import { examineOpenCode } from './opencode.ts';
import { examinePrograms } from './programs.ts';
import { judgeSupervisor, type Told } from './supervisor.ts';

/** Everything that was found, and what the supervisor told, if one runs. */
export interface Examination {
  readonly findings: readonly Finding[];
  readonly told: Told | null;
}

const WORST_FIRST: readonly Level[] = ['problem', 'warning', 'note', 'ok'];

/** Looks at everything; starts nothing and changes nothing. Shape: worst first. */
export async function examine(context: Context): Promise<Examination> {
  const configuration = examineConfiguration(context);
  const { told, findings, runs } =
    configuration === null
      ? await askSupervisor(context)
      : { told: null, findings: [configuration], runs: 'unknown' as const };
  const outside = [
    ...(await attempt('Node, OpenCode and codex', () => examinePrograms(context))),
    ...(await attempt('This machine', () => examineMachine(context, portOf(told?.status.dashboardUrl ?? null)))),
  ];
  if (configuration !== null) return { findings: ordered([...findings, ...outside]), told };
  const inside = [
    ...(await attempt('OpenCode’s configuration', () => examineOpenCode(context))),
    ...(await attempt('The files of oma', () => examineFiles(context, runs))),
    ...(await attempt('The service of oma', () => examineService(context, runs === 'supervisor'))),
  ];
  return { findings: ordered([...findings, ...inside, ...outside]), told };
}

/** What `--fix` did, and what it tried in vain, as sentences. */
export interface Mended {
  readonly fixed: readonly string[];
  readonly failed: readonly string[];
}

/** Mends what can be mended without a decision. What fails does not keep the rest from being mended. */
export async function mend(findings: readonly Finding[]): Promise<Mended> {
  const fixed: string[] = [];
  const failed: string[] = [];
  for (const { fix } of findings) {
    if (fix === null || fixed.includes(fix.done)) continue;
    try {
      await fix.run();
      fixed.push(fix.done);
    } catch (error) {
      failed.push(`${fix.done} (${reasonOf(error)})`);
    }
  }
  return { fixed, failed };
}

/** Why: whoever needs a doctor has a machine on which anything may fail; the other findings must still be told. */
async function attempt(what: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [
      finding('problem', {
        id: 'not-examined',
        what: `${what} could not be looked at: ${reasonOf(error)}`,
        advice: 'See that its files exist and are readable; reinstall oma if they are its own.',
      }),
    ];
  }
}

/** Only what is known to hold no secret: our own message, or the system's code. */
function reasonOf(error: unknown): string {
  if (isOmaError(error)) return error.message;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'an unknown error';
}

function examineConfiguration(context: Context): Finding | null {
  try {
    context.paths();
    return null;
  } catch (error) {
    if (!isOmaError(error)) throw error;
    return finding('problem', {
      id: 'environment',
      what: error.message,
      advice: '`oma help environment` has the bounds.',
    });
  }
}

async function askSupervisor(context: Context): Promise<Examination & { readonly runs: Runs }> {
  try {
    const session = await connectIfRunning(context);
    if (session === null) return { findings: [notRunning()], told: null, runs: 'nothing' };
    const told = await tell(session);
    const findings = judgeSupervisor(told, { now: context.now(), buildId: context.build.buildId });
    return { findings, told, runs: told.status.demo ? 'demo' : 'supervisor' };
  } catch (error) {
    if (!isOmaError(error)) throw error;
    const what = `The supervisor cannot be asked: ${error.message}`;
    return {
      findings: [finding('problem', { id: 'supervisor', what, advice: '`oma logs` may say more.' })],
      told: null,
      runs: 'unknown',
    };
  }
}

async function tell(session: Session): Promise<Told> {
  const { client, hello } = session;
  try {
    const [status, { accounts }, diagnosis] = await Promise.all([
      client['status.get']({}),
      client['account.list']({}),
      client['diagnosis.get']({}),
    ]);
    return { status: { ...status, buildId: hello.buildId }, accounts, diagnosis };
  } finally {
    session.close();
  }
}

function notRunning(): Finding {
  return {
    ...fine('supervisor', 'The supervisor is not running.'),
    level: 'note',
    advice: 'OpenCode starts it with the first request; `oma up` starts it now.',
  };
}

function ordered(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => WORST_FIRST.indexOf(a.level) - WORST_FIRST.indexOf(b.level));
}
