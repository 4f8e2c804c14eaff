import { type Command, command } from '../command.ts';
import { usage } from '../parse.ts';
import { completionScript, SHELLS } from '../render/completion.ts';

/** Makes the command that writes completion for a shell. */
export function completionCommand(all: () => readonly Command[]): Command {
  return command({
    name: 'completion',
    summary: 'Prints the completion script of a shell.',
    args: [{ name: 'SHELL', summary: `${SHELLS.join(', ')}.`, words: SHELLS }],
    flags: {},
    more: 'Put it where your shell looks:\n  oma completion bash > ~/.local/share/bash-completion/completions/oma\n  oma completion zsh > "${fpath[1]}/_oma"\n  oma completion fish > ~/.config/fish/completions/oma.fish',
    run: (_context, input) => {
      const shell = SHELLS.find((known) => known === input.args[0]);
      if (shell === undefined)
        throw usage(`There is no completion for "${input.args[0] ?? ''}"`, `choose ${SHELLS.join(', ')}`);
      const script = completionScript(shell, all());
      return Promise.resolve({ json: { shell, script }, text: script });
    },
  });
}
