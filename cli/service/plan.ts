import { join } from 'node:path';

import { ENV_PREFIX } from '../../contract/env.ts';
import { OmaError } from '../../contract/errors.ts';
import { passedOn } from '../../runtime/passed-on.ts';
import type { Context } from '../context.ts';
import type { ServiceFacts } from './facts.ts';
import { LAUNCHD_LABEL, launchdAgent } from './launchd.ts';
import { SYSTEMD_UNIT, systemdUnit } from './systemd.ts';

/** One call of the system's service manager. */
export interface Step {
  readonly command: string;
  readonly args: readonly string[];
}

/** A service as its manager wants it. */
export interface ServicePlan {
  readonly manager: 'systemd' | 'launchd';
  /** The file that describes it. */
  readonly file: string;
  readonly text: string;
  /** What makes the manager take it up, and what makes it let go. */
  readonly start: readonly Step[];
  readonly stop: readonly Step[];
  /** Told to the person, such as that a secret is not written down. */
  readonly notes: readonly string[];
}

/** What was done with the service. Shape: `failed` null = the manager took it; else what is left to do by hand. */
export interface ServiceDone {
  readonly manager: ServicePlan['manager'];
  readonly file: string;
  readonly installed: boolean;
  readonly changed: boolean;
  readonly failed: { readonly step: string; readonly because: string; readonly left: readonly string[] } | null;
  readonly notes: readonly string[];
}

/** Of the environment these never enter the description: session things that change at each login. */
const OF_A_SESSION = new Set([
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_RUNTIME_DIR',
  'TMPDIR',
  'SHELL',
]);
const PASSPHRASE = `${ENV_PREFIX}PASSPHRASE`;
const SECRETS_NAME = 'service.env';

/**
 * Says how the supervisor becomes a service of this user; changes nothing.
 * Errors: USAGE on a system with neither systemd nor launchd.
 */
export function planService(context: Context): ServicePlan {
  const paths = context.paths();
  const secretsFile = join(paths.storeDir, SECRETS_NAME);
  const facts: ServiceFacts = {
    node: context.programs.node,
    supervisor: context.programs.supervisor,
    environment: publicEnvironment(context.environment),
    secretsFile,
    logFile: paths.logFile,
  };
  const notes = context.env().PASSPHRASE === undefined ? [] : [passphraseNote(context.platform, secretsFile)];
  if (context.platform === 'linux') return systemdPlan(context, facts, notes);
  if (context.platform === 'darwin') return launchdPlan(context, facts, notes);
  throw new OmaError(
    'USAGE',
    'oma can be a service of systemd and launchd only — start it with `oma up --detach` when you log in',
  );
}

function systemdPlan({ environment, home }: Context, facts: ServiceFacts, notes: readonly string[]): ServicePlan {
  const base = environment['XDG_CONFIG_HOME'];
  const directory = join(base === undefined || base === '' ? join(home, '.config') : base, 'systemd', 'user');
  const step = (...args: readonly string[]): Step => ({ command: 'systemctl', args: ['--user', ...args] });
  return {
    manager: 'systemd',
    file: join(directory, SYSTEMD_UNIT),
    text: systemdUnit(facts),
    start: [step('daemon-reload'), step('enable', '--now', SYSTEMD_UNIT)],
    stop: [step('disable', '--now', SYSTEMD_UNIT)],
    notes,
  };
}

function launchdPlan({ home, uid }: Context, facts: ServiceFacts, notes: readonly string[]): ServicePlan {
  const file = join(home, 'Library', 'LaunchAgents', `${LAUNCHD_LABEL}.plist`);
  const domain = `gui/${String(uid)}`;
  return {
    manager: 'launchd',
    file,
    text: launchdAgent(facts),
    start: [{ command: 'launchctl', args: ['bootstrap', domain, file] }],
    stop: [{ command: 'launchctl', args: ['bootout', `${domain}/${LAUNCHD_LABEL}`] }],
    notes,
  };
}

/** Why: the description can be read by others, and a proxy's address may hold a password. */
function publicEnvironment(environment: Context['environment']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(passedOn(environment)).filter(
      ([name, value]) => name !== PASSPHRASE && !OF_A_SESSION.has(name) && !/:\/\/[^/]*@/.test(value),
    ),
  );
}

function passphraseNote(platform: NodeJS.Platform, secretsFile: string): string {
  const what = `The passphrase is not written into the service: it would be readable there.`;
  return platform === 'linux'
    ? `${what} Put the line ${PASSPHRASE}=… into ${secretsFile} with mode 0600; the service reads it.`
    : `${what} Give it to launchd with "launchctl setenv ${PASSPHRASE} …" after each login.`;
}
