import preact from '@preact/preset-vite';
import { defineConfig } from 'vitest/config';

const SECOND_MS = 1_000;

/** One project per gate: its folder under test/, how long one test may take, how many files run at once, and whether each file gets modules of its own. */
const GATES = [
  // No module keeps state that a test leaves behind, and loading all of them anew for each file takes longer than many a test.
  { name: 'unit', timeoutMs: 60 * SECOND_MS, workersMax: 2, isolate: false },
  { name: 'integration', timeoutMs: 180 * SECOND_MS, workersMax: 3, isolate: false },
  { name: 'web', timeoutMs: 180 * SECOND_MS, workersMax: 2, isolate: true },
  { name: 'sandbox', timeoutMs: 300 * SECOND_MS, workersMax: 3, isolate: true },
  { name: 'failure', timeoutMs: 300 * SECOND_MS, workersMax: 3, isolate: true },
  { name: 'stress', timeoutMs: 600 * SECOND_MS, workersMax: 1, isolate: true },
] as const;

/** Reports of different gates stand beside each other, so that the traceability script can read them all. */
const selected = process.argv.flatMap((word, at, words) => (word === '--project' ? [words[at + 1] ?? ''] : []));
const report = `reports/${selected.join('+') || 'all'}`;

export default defineConfig({
  test: {
    allowOnly: false,
    reporters: [
      'default',
      ['json', { outputFile: `${report}.json` }],
      ['junit', { outputFile: `${report}.junit.xml` }],
    ],
    coverage: {
      provider: 'v8',
      include: ['{contract,runtime,supervisor,worker,probe-runner,plugin,cli,ui}/**/*.{ts,tsx}'],
      reporter: ['text-summary', 'json-summary', 'html'],
      reportsDirectory: 'coverage',
    },
    projects: GATES.map(({ name, timeoutMs, workersMax, isolate }) => ({
      plugins: [preact()],
      test: {
        name,
        include: [`test/${name}/**/*.spec.{ts,tsx}`],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        retry: 0,
        maxWorkers: workersMax,
        isolate,
        sequence: { groupOrder: GATES.findIndex((gate) => gate.name === name) },
      },
    })),
  },
});
