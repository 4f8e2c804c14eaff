import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { DEFAULT_PORT, ENV } from '../../contract/env.ts';
import { CALLBACK_PORTS } from '../../worker/deps.ts';
import { blockUnder, commandsOf, documents, readDocument, ROOT, shellBlocks } from '../support/documents.ts';
import { removeTree } from '../support/remove-tree.ts';
import { runProgram } from '../support/run-program.ts';

const { scripts, engines, devDependencies } = JSON.parse(readDocument('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
  readonly devDependencies: Readonly<Record<string, string>>;
};
const ALL = [...documents(), 'docs/CLI.md', 'docs/CONTRACT.md'];

/** What GitHub makes of the headings of a document for links to them. */
function anchorsOf(document: string): readonly string[] {
  const text = readDocument(document).replace(/^```[\s\S]*?^```$/gm, '');
  const slugs = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return slugs.map((slug, index) => {
    const before = slugs.slice(0, index).filter((one) => one === slug).length;
    return before === 0 ? slug : `${slug}-${String(before)}`;
  });
}

/** Says why a link of a document leads nowhere; null = it leads somewhere, or to another site. */
function brokenLink(document: string, target: string): string | null {
  if (/^https?:/.test(target)) return null;
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? document : join(dirname(document), file);
  if (!existsSync(join(ROOT, path))) return `${document}: there is no ${path}`;
  if (anchor === undefined || anchorsOf(path).includes(anchor)) return null;
  return `${document}: ${path} has no heading #${anchor}`;
}

describe('every document', () => {
  it('leads, with each link, to a file that is there and a heading of it', () => {
    const links = ALL.flatMap((document) =>
      [...readDocument(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => [document, target] as const),
    );
    expect(links.filter(([, target]) => target.includes('#')).length).toBeGreaterThan(35);
    expect(links.flatMap(([document, target]) => brokenLink(document, target) ?? [])).toEqual([]);
    expect(brokenLink('README.md', 'docs/QA.md#no-such-heading')).toContain('no heading');
    expect(brokenLink('docs/QA.md', 'NONE.md')).toContain('there is no docs/NONE.md');
  });

  it('names only files of this repository that are there', () => {
    const named = ALL.flatMap((document) =>
      [
        ...readDocument(document).matchAll(
          /`((?:bench|cli|contract|docs|plugin|probe-runner|runtime|scripts|supervisor|test|ui|worker)\/[\w./-]*)`/g,
        ),
      ].map(([, path = '']) => [document, path] as const),
    );
    expect(named.length).toBeGreaterThan(80);
    expect(named.filter(([, path]) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('names only variables that something reads', () => {
    const sources = globSync('{bench,scripts,test}/**/*.ts', { cwd: ROOT }).map(readDocument).join('\n');
    const text = ALL.map(readDocument).join('\n');
    const ours = new Set(text.match(/\bOMA_[A-Z_]+\b/g));
    expect(ours.size).toBeGreaterThan(4);
    expect([...ours].filter((name) => !sources.includes(`process.env['${name}']`))).toEqual([]);
    const users = new Set([...text.matchAll(/\bOPENCODE_MULTI_AUTH_([A-Z_]+)\b/g)].map(([, name = '']) => name));
    expect([...users].filter((name) => name !== '' && !Object.hasOwn(ENV, name))).toEqual([]);
  });
});

describe('what documents say of numbers', () => {
  const guides = [
    'README.md',
    'CONTRIBUTING.md',
    'TEST_EXECUTION_PLAN.md',
    'docs/TESTING.md',
    'docs/adr/0003-socket-and-lock.md',
  ];
  const numbers = (pattern: RegExp, from: readonly string[] = guides): readonly string[] => [
    ...new Set([...from.map(readDocument).join('\n').matchAll(pattern)].map(([, number = '']) => number)),
  ];

  it('Node is what package.json wants of who uses oma, and what it brings for scripts', () => {
    expect(numbers(/\bNode(?:\.js)? (?:>= )?(\d+\.\d+)/g).map((version) => `>=${version}`)).toEqual([engines.node]);
    expect(numbers(/\bNode (\d+)(?![.\d])/g)).toEqual([devDependencies['node']?.split('.')[0]]);
  });

  it('the port of the dashboard and those of logins are what the program has', () => {
    expect(numbers(/127\.0\.0\.1:(\d+)/g, ['docs/MONITORING.md'])).toEqual([String(DEFAULT_PORT)]);
    expect(numbers(/\b(14\d\d)\b/g, ['docs/CLI.md', 'docs/CONTRACT.md'])).toEqual(CALLBACK_PORTS.map(String));
  });
});

describe('README.md', () => {
  it('[I.L1.1] [I.L1.2] says what oma is, how it is tried with two commands, installed and used', () => {
    const readme = readDocument('README.md');
    for (const heading of [
      '## Try it without any account',
      '## Install it',
      '## Use it with your accounts',
      '## What oma is not',
    ])
      expect(readme).toContain(heading);
    expect(commandsOf(blockUnder('README.md', 'Try it without any account'))).toEqual(['npm ci', 'npx oma up --demo']);
    expect(commandsOf(blockUnder('README.md', 'Use it with your accounts'))).toContain('oma add work');
    expect(readme).toMatch(/terms/);
  });
});

describe('docs/TESTING.md and TEST_EXECUTION_PLAN.md', () => {
  const GATES = commandsOf(blockUnder('docs/TESTING.md', 'Commands'));
  const planned = [...readDocument('TEST_EXECUTION_PLAN.md').matchAll(/^\| *(\d+) *\|[^|]*\| *`([^`]+)`/gm)].map(
    ([, , command = '']) => command,
  );

  it('[I.L1.3] lists every test command, exactly as package.json has it', () => {
    const named = GATES.flatMap((command) => /^npm run (\S+)$/.exec(command)?.[1] ?? []);
    const tests = Object.keys(scripts).filter((name) =>
      /^test:(unit|integration|sandbox|failure|stress|web:headless|soak:48h)$/.test(name),
    );
    expect(tests.length).toBe(7);
    expect(tests.filter((name) => !named.includes(name))).toEqual([]);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('[I.L1.4] explains the order, which is that of the commands', () => {
    const section = /## Order, and why\n([\s\S]*?)\n## /.exec(readDocument('docs/TESTING.md'))?.[1] ?? '';
    const order = [...section.matchAll(/^\d+\. \*\*([^*]+)\*\*/gm)].flatMap(([, names = '']) => names.split(', '));
    expect(order).toEqual([
      'lint',
      'build',
      'types',
      'unit',
      'integration',
      'web',
      'failure',
      'stress',
      'sandbox',
      'soak',
    ]);
    const listed = GATES.slice(1).map((command) =>
      command.includes('tsc') ? 'types' : (/(?:test:)?(\w+)(?::\w+)?$/.exec(command)?.[1] ?? ''),
    );
    expect(listed).toEqual(order);
  });

  it('[I.L1.9] the plan names only scripts that exist, in the order of docs/TESTING.md, with numbers that count up', () => {
    expect(planned.length).toBeGreaterThanOrEqual(14);
    // That there is such a script, test/unit/documents.spec.ts knows of every document.
    expect(planned.filter((command) => GATES.includes(command))).toEqual(GATES);
    const numbers = [...readDocument('TEST_EXECUTION_PLAN.md').matchAll(/^\| *(\d+) *\|/gm)].map(([, number]) =>
      Number(number),
    );
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  it('`npm test` runs the gates that the plan says it runs', () => {
    const words = ['test', 'check', 'check:static'].flatMap((name) => scripts[name]?.split(' ') ?? []);
    for (const gate of [
      'lint',
      'typecheck',
      'build',
      'test:unit',
      'test:integration',
      'test:web:headless',
      'test:failure',
      'test:sandbox',
    ])
      expect(words).toContain(gate);
  });
});

describe('every script of a gate', () => {
  const npm = (...args: readonly string[]) =>
    runProgram({
      file: 'npm',
      args: ['run', '--silent', ...args],
      env: { PATH: process.env['PATH'] ?? '', HOME: tmpdir() },
      cwd: ROOT,
      deadlineMs: 120_000,
    });

  it('[I.L2.1] [H.T.3] npm run lint exists, and starts', async () => {
    expect(scripts['lint']).toBe('eslint . --max-warnings 0');
    const { code, stdout } = await npm('lint', '--', '--version');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^v\d+\.\d+/)]);
  });

  it('[I.L2.2] npm run build exists, and what it makes is what the sources are now', () => {
    expect(scripts['build']).toBe('node scripts/build.ts');
    const said = execFileSync(process.execPath, [join(ROOT, 'dist/cli.js'), 'version', '--json'], { encoding: 'utf8' });
    expect(JSON.parse(said)).toMatchObject({ buildId: expect.stringMatching(/^[0-9a-f]{12}$/) as string });
  });

  it('[I.L2.3] [I.L2.4] [I.L2.5] [I.L2.6] [I.L2.7] [I.L2.8] the gates of vitest exist, and each finds the tests in its folder', async () => {
    const gates = {
      'test:unit': 'unit',
      'test:integration': 'integration',
      'test:web:headless': 'web',
      'test:failure': 'failure',
      'test:stress': 'stress',
      'test:sandbox': 'sandbox',
    };
    for (const [script, project] of Object.entries(gates))
      expect(scripts[script]).toMatch(new RegExp(`vitest run --project ${project}$`));
    const { code, stdout, stderr } = await runProgram({
      file: join(ROOT, 'node_modules/.bin/vitest'),
      args: ['list', '--filesOnly', '--json'],
      env: { PATH: process.env['PATH'] ?? '', HOME: tmpdir() },
      cwd: ROOT,
      deadlineMs: 120_000,
    });
    expect(code, stderr).toBe(0);
    const found = JSON.parse(stdout) as { file: string; projectName: string }[];
    for (const project of Object.values(gates)) {
      const listed = found
        .filter(({ projectName }) => projectName === project)
        .map(({ file }) => file)
        .sort();
      const there = globSync(`test/${project}/**/*.spec.{ts,tsx}`, { cwd: ROOT })
        .map((path) => join(ROOT, path))
        .sort();
      expect([project, listed]).toEqual([project, there]);
      expect(there.length).toBeGreaterThan(0);
    }
  });

  it('[I.L2.9] npm run test:soak:48h exists, asks for 48 hours, and judges what it finds', async () => {
    expect(scripts['test:soak:48h']).toMatch(/node test\/soak\/main\.ts --hours 48$/);
    const directory = await mkdtemp(join(tmpdir(), 'oma-soak-'));
    try {
      const line = { kind: 'start', atMs: 1, elapsedMs: 0, hours: 48, seed: 1 };
      await writeFile(join(directory, 'journal.jsonl'), `${JSON.stringify(line)}\n`);
      const { code, stderr } = await runProgram({
        file: process.execPath,
        args: ['test/soak/main.ts', '--summary-only', '--directory', directory],
        env: { PATH: process.env['PATH'] ?? '' },
        cwd: ROOT,
        deadlineMs: 60_000,
      });
      expect([code, stderr]).toEqual([1, expect.stringContaining('only 0 of 48 hours were soaked')]);
      expect(JSON.parse(readFileSync(join(directory, 'summary.json'), 'utf8'))).toMatchObject({
        hoursAsked: 48,
        hoursSoaked: 0,
      });
    } finally {
      await removeTree(directory);
    }
  });
});

describe('docs/OFFLINE_RECOVERY.md and docs/PROMOTION.md', () => {
  it('[I.L1.5] [I.L1.6] the recovery covers the store, the auth files, the passphrase and the former plugin', () => {
    const headings = shellBlocks('docs/OFFLINE_RECOVERY.md').map(({ heading }) => heading);
    for (const heading of [
      'The store is damaged',
      'Store and last-good version are both damaged',
      "codex's auth file is damaged or gone",
      "OpenCode's auth file is damaged",
      'The passphrase is lost',
      'A file of the former plugin',
    ])
      expect(headings).toContain(heading);
  });

  it('[S.4.6] the promotion goes canary, weighted, watch; 24 hours, then weighted, then 72 hours', () => {
    const phases = [...readDocument('docs/PROMOTION.md').matchAll(/^\| (\w+) +\| `([\w-]+)` +\| (\d+) h/gm)].map(
      ([, name, strategy, hours]) => [name, strategy, Number(hours)],
    );
    expect(phases).toEqual([
      ['canary', 'round-robin', 24],
      ['weighted', 'weighted-round-robin', 24],
      ['watch', 'weighted-round-robin', 72],
    ]);
  });

  it('[S.4.7] [I.L4.1] [I.L7.3] any critical reliability or security incident rolls back, and how is written down', () => {
    const section = /## Rollback\n([\s\S]*?)\n## /.exec(readDocument('docs/PROMOTION.md'))?.[1] ?? '';
    expect(section).toContain('any critical reliability or security incident');
    const back = commandsOf(blockUnder('docs/PROMOTION.md', 'Rollback', 1));
    expect(back.map((command) => command.split(' ').slice(0, 2).join(' '))).toEqual([
      'oma down',
      'npm install',
      'oma up',
      'oma restore',
    ]);
    expect(commandsOf(blockUnder('docs/PROMOTION.md', 'Rollback', 2)).map((command) => command.split(' ')[1])).toEqual([
      'list',
      'status',
      'switch',
      'probe',
    ]);
  });
});
