import type { ServiceFacts } from './facts.ts';

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

/** Quotes a word for systemd: backslash, quote, `%` (its own substitutions) and `$` (variables). */
function quoted(text: string): string {
  return `"${percentless(text.replace(/[\\"]/g, '\\$&')).replaceAll('$', '$$$$')}"`;
}

function percentless(text: string): string {
  return text.replaceAll('%', '%%');
}
