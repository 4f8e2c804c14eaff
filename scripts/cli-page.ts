import { commandTable } from '../cli/commands/table.ts';
import { commandHelp, exitCodesHelp } from '../cli/help.ts';

/** Writes docs/CLI.md: what `oma help` says about every command, and the exit codes. */
export function cliPage(): string {
  const commands = commandTable();
  return `${[
    '# The `oma` command',
    'Generated from the table of commands by `npm run docs`; do not edit. `oma help COMMAND` shows the same text.',
    'Every command takes `--json` and `--help`. Colours appear on a terminal only, and never with `NO_COLOR`.',
    commands.map(({ name }) => `[${name}](#oma-${name.replaceAll(' ', '-')})`).join(' · '),
    ...commands.flatMap((command) => [`## oma ${command.name}`, fenced(commandHelp(command))]),
    '## Exit codes',
    fenced(exitCodesHelp()),
  ].join('\n\n')}\n`;
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}
