/** A command of a document, and how the test types it in the home that all of them share. */
export interface Step {
  /** As documents write it. */
  readonly written: string;
  /** What a person types for it where the document leaves the place of a name or a file open; default: the same. */
  readonly typed?: string;
  /** Default: 0. */
  readonly exit?: number;
  /** Something of what it says, on either stream. */
  readonly says: RegExp;
  /** A login: the seat that signs in. */
  readonly person?: string;
  /** It goes on until Ctrl-C. */
  readonly goesOn?: true;
}

/** Commands of oma in the order in which one person types them: from nothing to nothing. The accounts are `work`, `home` and `spare`. */
export const STEPS: readonly Step[] = [
  // Nothing is there yet.
  { written: 'oma service status', exit: 1, says: /No service/ },
  { written: 'oma plugin status', exit: 1, says: /Installed +no/ },
  { written: 'oma up', goesOn: true, says: /http:\/\/127\.0\.0\.1:\d+/ },
  { written: 'oma up --detach --port 9999', says: /http:\/\/127\.0\.0\.1:\d+/ },
  // Accounts.
  { written: 'oma add work', person: 'work', says: /work is logged in and serves/ },
  { written: 'oma add home', person: 'home', says: /home is logged in and serves/ },
  { written: 'oma add ALIAS', typed: 'oma add spare', person: 'spare', says: /spare is logged in and serves/ },
  { written: 'oma reauth ALIAS', typed: 'oma reauth spare', person: 'spare', says: /spare is logged in again/ },
  { written: 'oma reauth home', person: 'home', says: /home is logged in again/ },
  { written: 'oma list', says: /spare +ready/ },
  { written: 'oma status --json', says: /"accounts"/ },
  // Limits and steering.
  { written: 'oma settings set probeBackgroundSources none', says: /probeBackgroundSources +none +persisted/ },
  {
    written: 'oma settings set',
    typed: 'oma settings set probeSources usage-endpoint',
    says: /probeSources +usage-endpoint +persisted/,
  },
  { written: 'oma settings get probeSources', says: /probeSources +usage-endpoint/ },
  { written: 'oma probe [ALIAS…]', typed: 'oma probe work home', says: /work +done[\s\S]*home +done/ },
  { written: 'oma probe ALIAS', typed: 'oma probe spare', says: /spare +done/ },
  { written: 'oma probe work', says: /work +done/ },
  { written: 'oma disable ALIAS --reason "…"', typed: 'oma disable home --reason "a rest"', says: /home is disabled/ },
  { written: 'oma enable ALIAS', typed: 'oma enable home', says: /home is back/ },
  { written: 'oma force ALIAS', typed: 'oma force home', says: /Forced: home/ },
  { written: 'oma force', says: /Forced: home/ },
  { written: 'oma settings set lowThreshold 90', says: /lowThreshold +90/ },
  { written: 'oma settings set sessionAffinity off', says: /sessionAffinity +false/ },
  { written: 'oma settings set rotation-strategy least-used', says: /rotationStrategy +least-used/ },
  { written: 'oma settings set rotationStrategy least-used', says: /rotationStrategy +least-used/ },
  { written: 'oma settings get notifyEvents', says: /notifyEvents +window-low/ },
  { written: 'oma settings get', says: /lowThreshold +90 +persisted/ },
  // Logins that are there already.
  { written: 'oma switch ALIAS', typed: 'oma switch home', says: /logged in as home/ },
  { written: 'oma import', says: /Left out:[\s\S]*home/ },
  { written: 'oma import --dry-run', says: /home/ },
  { written: 'oma import opencode', exit: 66, says: /no login of opencode/ },
  { written: 'oma import upstream', exit: 66, says: /took over at its first start/ },
  { written: 'oma import oc-codex-multi-auth', exit: 66, says: /no pool of accounts/ },
  { written: 'oma import nonsense', exit: 66, says: /does not exist or cannot be read/ },
  { written: 'oma import FILE', typed: 'oma import old.json --dry-run', says: /old@example\.test/ },
  {
    written: 'oma import FILE --passphrase-env NAME',
    typed: 'oma import locked.json --passphrase-env WORDS',
    says: /Imported:\s+old /,
  },
  { written: 'oma remove', typed: 'oma remove old --yes', says: /old is removed/ },
  // Copies.
  { written: 'oma backup FILE', typed: 'oma backup a.backup --passphrase-env WORDS', says: /The backup is written/ },
  { written: 'oma backup before-upgrade.oma --key-file oma.key', says: /3 accounts and the settings, encrypted/ },
  {
    written: 'oma restore FILE --dry-run',
    typed: 'oma restore a.backup --dry-run --passphrase-env WORDS',
    says: /Everything in the backup is as it is/,
  },
  {
    written: 'oma restore FILE',
    typed: 'oma restore a.backup --passphrase-env WORDS',
    says: /Everything in the backup/,
  },
  { written: 'oma restore before-upgrade.oma --keep-newer --key-file oma.key', says: /Everything in the backup/ },
  {
    written: 'oma store check FILE',
    typed: 'oma store check ~/.config/opencode-multi-auth/accounts.json',
    says: /sound: 3/,
  },
  // OpenCode's side.
  {
    written: 'oma plugin uninstall --project DIR',
    typed: 'oma plugin uninstall --project .',
    says: /not installed there/,
  },
  // Looking.
  { written: 'oma open', says: /\/launch\?token=/ },
  { written: 'oma open --print', says: /\/launch\?token=/ },
  { written: 'oma logs -f', goesOn: true, says: /audit account\.import/ },
  { written: 'oma help COMMAND', typed: 'oma help list', says: /Usage: oma list/ },
  { written: 'oma completion', typed: 'oma completion zsh', says: /#compdef/ },
  {
    written: 'oma completion bash > ~/.local/share/bash-completion/completions/oma',
    typed:
      'mkdir -p ~/.local/share/bash-completion/completions && oma completion bash > ~/.local/share/bash-completion/completions/oma && cat ~/.local/share/bash-completion/completions/oma',
    says: /^complete .*-F _oma/m,
  },
  {
    written: 'oma completion fish > ~/.config/fish/completions/oma.fish',
    typed:
      'mkdir -p ~/.config/fish/completions && oma completion fish > ~/.config/fish/completions/oma.fish && cat ~/.config/fish/completions/oma.fish',
    says: /complete -c oma/,
  },
  // Messages. No address of the internet is asked.
  { written: 'oma settings set notifyToast false', says: /notifyToast +false/ },
  { written: 'oma settings set notifyDesktop true', says: /notifyDesktop +true/ },
  { written: 'oma notify test', says: /desktop/ },
  {
    written: 'oma settings set notifyWebhookUrl https://example.com/hook',
    typed: 'oma settings set notifyWebhookUrl http://127.0.0.1:9/hook',
    says: /notifyWebhookUrl/,
  },
  {
    written: 'oma settings set notifyNtfyUrl https://ntfy.sh/your-topic',
    typed: 'oma settings set notifyNtfyUrl http://127.0.0.1:9/your-topic',
    says: /notifyNtfyUrl/,
  },
  { written: 'oma settings set notifyEvents needs-login pool-dry', says: /notifyEvents +needs-login, pool-dry/ },
  // The end.
  { written: 'oma service install', says: /oma\.service|launchd/ },
  { written: 'oma service uninstall', says: /service/ },
  { written: 'oma uninstall', says: /Your accounts stay:/ },
];
