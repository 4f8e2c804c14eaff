/** Which program holds a login that is imported, and may therefore refresh it as well. Shape: `codex-watched` is the file that oma follows. */
export type Holder =
  'codex-watched' | 'codex' | 'opencode' | 'oma' | 'opencode-multi-auth-codex' | 'oc-codex-multi-auth';

/** Says whom an imported login is shared with, and what to do so that neither logs the other out. */
export function sharingWarning(holder: Holder): string {
  switch (holder) {
    case 'codex-watched':
      return 'codex and oma now share this login; oma watches codex’s file and takes over what codex renews. Do not use the login on another machine.';
    case 'codex':
      return 'This login is of a codex whose file oma does not watch. Whoever renews it first logs the other out: use it in oma only, and log in anew with that codex.';
    case 'opencode':
      return 'OpenCode holds this login, too, and renews it by itself. Run "opencode auth logout" for OpenAI, then "oma plugin install".';
    case 'oma':
      return 'The file is a store of oma. Two that renew one login log each other out: if another oma works with these accounts, stop it for good ("oma down").';
    case 'opencode-multi-auth-codex':
    case 'oc-codex-multi-auth':
      return `The plugin ${holder} holds these logins, too, and renews them in every OpenCode that loads it. Take it out of OpenCode’s configuration and restart OpenCode before you use them here; "oma doctor" tells whether it is gone.`;
  }
}
