import { commandsOf, documents, readDocument } from './documents.ts';

/** A command as documents have it, and which do. */
export interface WrittenCommand {
  readonly command: string;
  readonly documents: readonly string[];
}

/** What begins a command in prose, after variables that are set for it; in a block marked `sh` every line is one. */
const PROGRAMS =
  /^(?:\w+=\S* )*(?:oma|npx|npm|node|opencode|codex|git|man|kill|systemctl|systemd-analyze|launchctl|loginctl|notify-send)(?: |$)/;
/** Rules of alerts say what to do in quotes. */
const RULES = 'docs/monitoring/oma-rules.yml';

/**
 * Collects every command of every document: lines of shell blocks, what a transcript was typed with, examples of the help, and what stands between backticks.
 * Shape: without duplicates; `npx oma` and `oma` are the same command, `a && b` is two.
 */
export function writtenCommands(): readonly WrittenCommand[] {
  const found = new Map<string, Set<string>>();
  for (const document of [...documents(), 'docs/CLI.md', 'docs/CONTRACT.md', RULES])
    for (const command of commandsWrittenIn(document)) {
      const name = command.replace(/^npx oma\b/, 'oma');
      found.set(name, (found.get(name) ?? new Set()).add(document));
    }
  return [...found].map(([command, where]) => ({ command, documents: [...where] }));
}

function commandsWrittenIn(document: string): readonly string[] {
  const text = readDocument(document);
  if (document === RULES) return [...text.matchAll(/"(oma [^"]+)"/g)].map(([, code = '']) => code);
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  const inShell = blocks.flatMap(([, language, body = '']) => (language === 'sh' ? commandsOf(body) : []));
  const typed = blocks.flatMap(([, , body = '']) => [...body.matchAll(/^\$ (.+)$/gm)].map(([, line = '']) => line));
  const examples = [...text.matchAll(/^Examples:\n((?: {2}oma .+\n)+)|^ {2}(oma completion .+)$/gm)];
  const inline = [...text.replace(/^```sh\n[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)]
    .map(([, code = '']) => code.trim())
    .filter((code) => PROGRAMS.test(code));
  return [
    ...inShell,
    ...typed.flatMap((line) => line.split('; ')).flatMap(commandsOf),
    ...examples.flatMap(([, several = '', one = '']) => commandsOf(several + one)),
    ...inline.flatMap(commandsOf),
  ];
}
