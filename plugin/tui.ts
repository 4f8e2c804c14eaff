import { processFacts } from './process-facts.ts';
import { createLineFinder } from './start.ts';
import { createTui } from './tui/create-tui.ts';
import type { Screen } from './tui/host.ts';
import { waitReal } from './wait.ts';

/** The entry of OpenCode's terminal interface, beside that of its server. */
export default {
  id: 'oma',
  tui: createTui({
    findLine: createLineFinder(processFacts(process, import.meta.url)),
    loadScreen,
    now: Date.now,
    random: Math.random,
    wait: waitReal,
    write: (bytes) => process.stdout.write(bytes),
  }),
};

/** Why: OpenCode itself provides both when they are asked for at run time; nobody installs them. */
async function loadScreen(): Promise<Screen> {
  const [{ createElement, insert, spread }, { createSignal }] = await Promise.all([
    import('@opentui/solid'),
    import('solid-js'),
  ]);
  return { createElement, insert, spread, createSignal };
}
