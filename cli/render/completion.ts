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
  const cases = places.map(({ path, words, flags }) => {
    const offered = words.map(({ text }) => text).join(' ');
    const flagTexts = flags.map(({ text }) => text).join(' ');
    return `    ${quoted(path.join(' '))}) words=${quoted(offered)}; flags=${quoted(flagTexts)} ;;`;
  });
  return `# Completion of oma for bash. Put it in place with: oma completion bash > ~/.local/share/bash-completion/completions/oma
_oma() {
  local current="\${COMP_WORDS[COMP_CWORD]}" place="" word words flags index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    [[ "$word" == -* ]] && continue
    case "$place\${place:+ }$word" in
${knownPaths(places)}) place="$place\${place:+ }$word" ;;
      *) break ;;
    esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    [[ \${#COMPREPLY[@]} -eq 0 && -n "$place" ]] && COMPREPLY=($(compgen -f -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -o bashdefault -F _oma oma`;
}

function knownPaths(places: readonly Place[]): string {
  const paths = places.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(' ')));
  return `      ${paths.join('|')}`;
}

function zshScript(places: readonly Place[]): string {
  const cases = places.map(({ path, words, flags }) => {
    const offered = words.map(({ text, summary }) => quoted(`${text}:${summary}`)).join(' ');
    const flagTexts = flags.map(({ text, summary }) => quoted(`${text}:${summary}`)).join(' ');
    return `    ${quoted(path.join(' '))}) words_of=(${offered}); flags_of=(${flagTexts}) ;;`;
  });
  return `#compdef oma
# Completion of oma for zsh. Put it in place with: oma completion zsh > "\${fpath[1]}/_oma"
_oma() {
  local place="" word index
  local -a words_of flags_of
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    [[ "$word" == -* ]] && continue
    case "$place\${place:+ }$word" in
${knownPaths(places)}) place="$place\${place:+ }$word" ;;
      *) break ;;
    esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe 'flag' flags_of
  elif (( \${#words_of} )); then
    _describe 'word' words_of || _files
  else
    _files
  fi
}
(( \${+functions[compdef]} )) && compdef _oma oma`;
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
