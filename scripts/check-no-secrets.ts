/** Fails when a tracked file holds something that looks like a real credential or a real person. Tests make their fakes at run time. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Extended regular expressions of `git grep`; brackets keep each from matching itself. */
const PATTERNS = [
  '-----BEGIN [A-Z ]*PRIVATE KEY-----',
  '[e]yJ[A-Za-z0-9_-]{16,}[.]eyJ[A-Za-z0-9_-]{16,}[.][A-Za-z0-9_-]{16,}',
  '[s]k-(proj-|ant-)?[A-Za-z0-9]{32,}',
  '[r]t[._][A-Za-z0-9_-]{60,}',
  '[g]h[pousr]_[A-Za-z0-9]{36}',
  '[A-Za-z0-9._%+-]+@(gmail|googlemail|outlook|hotmail|icloud|yahoo|proton|protonmail)[.](com|me|net)',
];
/** Exit status of `git grep` that means: looked, found nothing. */
const NOTHING_FOUND = 1;

const { status, stdout, stderr } = spawnSync(
  'git',
  ['grep', '-nIE', ...PATTERNS.flatMap((pattern) => ['-e', pattern]), '--', '.', ':!package-lock.json'],
  { cwd: ROOT, encoding: 'utf8' },
);
if (status !== NOTHING_FOUND) {
  const places = stdout.split('\n').map((line) => line.split(':').slice(0, 2).join(':'));
  console.error(status === 0 ? `Looks like a real secret or person:\n${places.join('\n')}` : stderr);
  process.exitCode = 1;
}
