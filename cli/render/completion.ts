import type { Command, Flags } from '../command.ts';
import { COMMON_FLAGS } from '../parse.ts';

/** Shells that completion can be written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** One place on a command line: the words before it, and what may follow. Shape: `path` is empty for the command itself. */
interface Place {
  readonly path: readonly string[];
  readonly words: readonly Word[];
  readonly flags: readonly FlagWord[];
}

interface Word {
  readonly text: string;
  readonly summary: string;
}

interface FlagWord extends Word {
  readonly short: string | null;
  readonly takesValue: boolean;
}

/** Writes the completion script of a shell. Shape: all that it offers comes from the table of commands, so it needs no oma to run. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  const places = placesOf(commands);
  switch (shell) {
    case 'bash':
      return bashScript(places);
    case 'zsh':
      return zshScript(places);
    case 'fish':
      return fishScript(places);
  }
}

function placesOf(commands: readonly Command[]): readonly Place[] {
  const firsts = new Map(
    commands.map(({ name, summary }) => [firstWord(name), name.includes(' ') ? 'More words follow.' : summary]),
  );
  const top: Place = { path: [], words: wordsOf(firsts), flags: [] };
  const groups = [...firsts.keys()].filter((first) => commands.every(({ name }) => name !== first));
  return [
    top,
    ...groups.map((group): Place => ({ path: [group], words: wordsOf(membersOf(group, commands)), flags: [] })),
    ...commands.map((command): Place => ({
      path: command.name.split(' '),
      words: command.name === 'help' ? top.words : argumentWords(command),
      flags: flagWords({ ...command.flags, ...COMMON_FLAGS }),
    })),
  ];
}

function membersOf(group: string, commands: readonly Command[]): ReadonlyMap<string, string> {
  const inGroup = commands.filter(({ name }) => name.startsWith(`${group} `));
  return new Map(inGroup.map(({ name, summary }) => [name.slice(group.length + 1), summary]));
}

function wordsOf(summaries: ReadonlyMap<string, string>): readonly Word[] {
  return [...summaries].map(([text, summary]) => ({ text, summary }));
}

function argumentWords({ args = [] }: Command): readonly Word[] {
  return args.flatMap(({ words = [], summary }) => words.map((text) => ({ text, summary })));
}

function flagWords(flags: Flags): readonly FlagWord[] {
  return Object.entries(flags).map(([name, { summary, short, value }]) => ({
    text: `--${name}`,
    summary,
    short: short ?? null,
    takesValue: value !== undefined,
  }));
}

function bashScript(places: readonly Place[]): string {
  const list = (words: readonly Word[]) => quoted(words.map(({ text }) => text).join(' '));
  return `# Completion of oma for bash. Put it in place with: oma completion bash > ~/.local/share/bash-completion/completions/oma
_oma() {
  local current="\${COMP_WORDS[COMP_CWORD]}" place="" word offered flags index
${walk(places, { typed: 'COMP_WORDS', first: 1, current: 'COMP_CWORD' }, list)}
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n "$offered" ]]; then
    COMPREPLY=($(compgen -W "$offered" -- "$current"))
    [[ \${#COMPREPLY[@]} -eq 0 && -n "$place" ]] && COMPREPLY=($(compgen -f -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -o bashdefault -F _oma oma`;
}

/** Why the end: a function that zsh loads by itself is this whole file at its first call, so the call must be passed on. */
function zshScript(places: readonly Place[]): string {
  const list = (words: readonly Word[]) =>
    `(${words.map(({ text, summary }) => quoted(`${text}:${summary}`)).join(' ')})`;
  return `#compdef oma
# Completion of oma for zsh. Put it in place with: oma completion zsh > "\${fpath[1]}/_oma"
_oma() {
  local place="" word index
  local -a offered flags
${walk(places, { typed: 'words', first: 2, current: 'CURRENT' }, list)}
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe 'flag' flags
  elif (( \${#offered} )); then
    _describe 'word' offered || _files
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _oma ]]; then
  _oma "$@"
elif (( \${+functions[compdef]} )); then
  compdef _oma oma
fi`;
}

/** How a shell names the words typed so far, the first of them, and the place of the cursor. */
interface Typed {
  readonly typed: string;
  readonly first: number;
  readonly current: string;
}

/** What bash and zsh have in common: find the place, then set `offered` and `flags` to what may follow there. */
function walk(
  places: readonly Place[],
  { typed, first, current }: Typed,
  list: (words: readonly Word[]) => string,
): string {
  const known = places.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(' ')));
  const cases = places.map(
    ({ path, words, flags }) => `    ${quoted(path.join(' '))}) offered=${list(words)}; flags=${list(flags)} ;;`,
  );
  return `  for ((index = ${String(first)}; index < ${current}; index++)); do
    word="\${${typed}[index]}"
    [[ "$word" == -* ]] && continue
    case "$place\${place:+ }$word" in
      ${known.join('|')}) place="$place\${place:+ }$word" ;;
      *) break ;;
    esac
  done
  case "$place" in
${cases.join('\n')}
  esac`;
}

function fishScript(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words, flags }) => {
    const isHere = path.length === 0 ? '__fish_use_subcommand' : `__oma_at ${path.join(' ')}`;
    const start = `complete -c oma -n ${quoted(isHere)}`;
    return [
      ...words.map(({ text, summary }) => `${start} -f -a ${quoted(text)} -d ${quoted(summary)}`),
      ...flags.map(({ text, summary, short, takesValue }) =>
        [start, '-l', text.slice(2), ...(short === null ? [] : ['-s', short]), ...(takesValue ? ['-r'] : [])]
          .concat('-d', quoted(summary))
          .join(' '),
      ),
    ];
  });
  return `# Completion of oma for fish. Put it in place with: oma completion fish > ~/.config/fish/completions/oma.fish
function __oma_at
  set -l typed (commandline -opc | string match -v -- '-*')[2..]
  test (count $typed) -ge (count $argv); or return 1
  test "$typed[1..$(count $argv)]" = "$argv"
end
${lines.join('\n')}`;
}

/** A word for all three shells. Why: they escape a quote inside quotes in three ways, and our texts need none. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}

function firstWord(name: string): string {
  return name.split(' ')[0] ?? name;
}
