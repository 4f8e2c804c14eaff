import { ENV, ENV_PREFIX } from '../../contract/env.ts';
import { redactValue } from '../../runtime/redact.ts';
import type { Context } from '../context.ts';
import { tail } from '../log-tail.ts';
import type { Examination } from './examine.ts';
import type { Finding } from './finding.ts';

/** The last lines of the log that a bundle holds. */
const LOG_LINES = 400;

/** What of a finding is told outside. */
export type ToldFinding = Pick<Finding, 'id' | 'level' | 'what' | 'advice'> & { readonly fixable: boolean };

/** A finding without its means. */
export function toldFinding({ id, level, what, advice, fix }: Finding): ToldFinding {
  return { id, level, what, advice, fixable: fix !== null };
}

/**
 * Gathers what somebody who helps needs to see: findings, status, accounts, variables by name, the end of the log.
 * Shape: JSON that went through the redactor as a whole; no token, e-mail or home path is left in it.
 */
export async function supportBundle(context: Context, { findings, told }: Examination): Promise<string> {
  const clean = redactValue({
    madeAt: new Date(context.now()).toISOString(),
    oma: context.build,
    node: context.nodeVersion,
    platform: context.platform,
    // Values may be addresses with secrets in them; that a variable is set is what matters.
    variablesSet: Object.keys(ENV).filter((name) => (context.environment[ENV_PREFIX + name] ?? '') !== ''),
    openCodeVariablesSet: Object.keys(context.environment).filter(isOfOpenCode),
    findings: findings.map(toldFinding),
    status: told?.status ?? null,
    diagnosis: told?.diagnosis ?? null,
    accounts: told?.accounts.map((account) => ({ ...account, email: null })) ?? null,
    log: await logEnd(context),
  });
  // The redactor knows homes by their usual places only.
  return `${JSON.stringify(clean, null, 2)}\n`.replaceAll(context.home, '~');
}

function isOfOpenCode(name: string): boolean {
  return name.startsWith('OPENCODE_') && !name.startsWith(ENV_PREFIX);
}

async function logEnd(context: Context): Promise<readonly unknown[]> {
  const lines: unknown[] = [];
  const { logFile } = pathsOrNull(context) ?? {};
  if (logFile === undefined) return lines;
  for await (const line of tail({ file: logFile, lines: LOG_LINES, follow: false, signal: context.signal }))
    lines.push(parsed(line));
  return lines;
}

/** Why parsed: inside an object a secret is known by its name, too. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

function pathsOrNull(context: Context): ReturnType<Context['paths']> | null {
  try {
    return context.paths();
  } catch {
    return null;
  }
}
