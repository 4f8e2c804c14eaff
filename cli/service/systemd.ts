import type { DescribedService, ServiceFacts } from './facts.ts';

/** Name of the unit. */
export const SYSTEMD_UNIT = 'oma.service';

/**
 * Writes the unit of a user's systemd.
 * Shape: `Type=notify`, for the supervisor says when it serves; mixed kill, so that it ends its children in order itself; at most five starts a minute.
 */
export function systemdUnit({ node, supervisor, environment, secretsFile }: ServiceFacts): string {
  const variables = Object.entries(environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`);
  return `[Unit]
Description=oma: several ChatGPT/Codex accounts for OpenCode
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=notify
NotifyAccess=all
ExecStart=${quoted(node)} ${quoted(supervisor)}
${variables.join('\n')}
EnvironmentFile=-${percentless(secretsFile)}
Restart=on-failure
RestartSec=1
TimeoutStartSec=60
TimeoutStopSec=20
KillMode=mixed
UMask=0077
NoNewPrivileges=yes
LimitCORE=0

[Install]
WantedBy=default.target
`;
}

/** Reads what a unit starts; a unit that was written by hand may say less than one of oma's. */
export function readSystemdUnit(text: string): DescribedService {
  const [node = null, supervisor = null] = words(/^ExecStart=(.*)$/m.exec(text)?.[1] ?? '');
  const assignments = [...text.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = '']) => words(line));
  const environment = Object.fromEntries(
    assignments.map((assignment) => [assignment.split('=', 1)[0] ?? '', assignment.slice(assignment.indexOf('=') + 1)]),
  );
  return { node, supervisor, environment };
}

function words(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quotedWord, bare]) =>
    (quotedWord ?? bare ?? '').replaceAll('$$', '$').replaceAll('%%', '%').replace(/\\(.)/g, '$1'),
  );
}

/** Quotes a word for systemd: backslash, quote, `%` (its own substitutions) and `$` (variables). */
function quoted(text: string): string {
  return `"${percentless(text.replace(/[\\"]/g, '\\$&')).replaceAll('$', '$$$$')}"`;
}

function percentless(text: string): string {
  return text.replaceAll('%', '%%');
}
