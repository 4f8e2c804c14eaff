/** Who runs a command that is not typed here, and what of it. */
export interface Elsewhere {
  /** A spec, or a script of package.json that `npm test` runs. */
  readonly by: string;
  readonly what: string;
}

/** Every command of a document that is neither typed in the shared home, nor a script that `npm test` runs, nor tried with `--dry-run`. */
export const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  'oma up --demo': { by: 'test/integration/cli/program.spec.ts', what: 'the demo that stays, and its end' },
  'oma completion zsh > "${fpath[1]}/_oma"': { by: 'test/integration/cli/completion.spec.ts', what: 'in a real zsh' },
  'oma add ALIAS --device': { by: 'test/integration/cli/login.spec.ts', what: 'with a code that is typed elsewhere' },
  'oma doctor --json': { by: 'test/integration/cli/doctor.spec.ts', what: 'in homes with one fault each' },
  'oma doctor --fix': { by: 'test/integration/cli/doctor.spec.ts', what: 'in homes with one fault each' },
  'oma doctor --bundle FILE': { by: 'test/integration/cli/doctor.spec.ts', what: 'with the file that it wants' },
  'npm install': { by: 'test/sandbox/packaging.spec.ts', what: 'the package; in a clone it does what npm ci does' },
  'oma has no account yet: /oma': {
    by: 'test/sandbox/tui.spec.ts',
    what: 'no command: what the line beside the prompt says',
  },
  'npm ci': { by: 'test/sandbox/commands.spec.ts', what: 'a dry run of it' },
  'npm install --global opencode-ai': { by: 'test/sandbox/commands.spec.ts', what: 'the package brings that command' },
  'npx vitest run --project integration test/integration/cli/plugin.spec.ts': {
    by: 'test/sandbox/commands.spec.ts',
    what: 'there is such a spec',
  },
  'npx vitest run --project unit -t "weighted"': {
    by: 'test/sandbox/commands.spec.ts',
    what: 'there are such tests',
  },
  "git grep '\\[B.L1.1\\]' test": { by: 'test/sandbox/commands.spec.ts', what: 'run, and finds a spec' },
  "git grep '\\[I.L1.1\\]' test": { by: 'test/sandbox/commands.spec.ts', what: 'run, and finds a spec' },
  'node --version': { by: 'test/sandbox/commands.spec.ts', what: 'which Node runs this' },
  'npm pack': { by: 'test/sandbox/packaging.spec.ts', what: 'packs' },
  'npm install --global ./open-multi-auth-0.1.0.tgz': { by: 'test/sandbox/packaging.spec.ts', what: 'installs that' },
  'npm uninstall --global open-multi-auth': { by: 'test/sandbox/packaging.spec.ts', what: 'removes it again' },
  'man oma': { by: 'test/sandbox/packaging.spec.ts', what: 'the page is installed where man looks' },
  'npm test': { by: 'test/sandbox/documents.spec.ts', what: 'this is part of it; which gates it runs' },
  'npx tsc --noEmit': { by: 'typecheck', what: 'the same program is one of its four' },
  'npm run docs': { by: 'check:docs', what: 'the same script, which compares instead of writing' },
  'npm run test:stress': { by: 'test:stress:rehearsal', what: 'the same specs at a smaller size' },
  'npm run test:kill': { by: 'test:failure', what: 'the same spec with fewer kills' },
  'npm run slo': { by: 'test/sandbox/evidence.spec.ts', what: 'on evidence that is good, missed and missing' },
  'npm run archive-results': { by: 'test/sandbox/promotion.spec.ts', what: 'on reports made for it' },
  'opencode run "hello 1" --model openai/gpt-5.5': { by: 'test/sandbox/main-job.spec.ts', what: 'sessions in a row' },
  'opencode run "hello 2" --model openai/gpt-5.5': { by: 'test/sandbox/main-job.spec.ts', what: 'sessions in a row' },
  'opencode auth logout': {
    by: 'test/integration/cli/doctor-conditions.spec.ts',
    what: 'the real login that it takes away is found',
  },
  'opencode debug info': { by: 'test/integration/cli/doctor-opencode.spec.ts', what: 'compared with what oma finds' },
  'systemctl --user disable --now codex-soft.service': {
    by: 'test/integration/cli/doctor.spec.ts',
    what: 'the service that it disables is found; there is no systemd to ask in a test',
  },
  'systemctl --user enable oma.service': {
    by: 'test/integration/cli/doctor-service.spec.ts',
    what: 'what it mends is found; there is no systemd to ask in a test',
  },
  'loginctl enable-linger': {
    by: 'test/integration/cli/doctor-service.spec.ts',
    what: 'what it mends is found; there is no systemd to ask in a test',
  },
  'opencode auth login': { by: 'test/sandbox/tui.spec.ts', what: 'with a browser' },
  'opencode run': { by: 'test/sandbox/main-job.spec.ts', what: 'the name of what it runs' },
  'opencode serve': {
    by: 'test/support/real-opencode.ts',
    what: 'the name of what it starts for specs and benchmarks',
  },
  'codex exec': { by: 'test/sandbox/probes.spec.ts', what: 'the name of what a probe runs' },
  'kill -9': { by: 'test/failure/supervisor/kill.spec.ts', what: 'the name of what it does' },
  'systemd-analyze verify': {
    by: 'test/integration/cli/service.spec.ts',
    what: 'the unit itself; the verdict of systemd was asked for by hand (QA.md), since it is not everywhere',
  },
};
