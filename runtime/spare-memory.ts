import nodeProcess from 'node:process';

/** After this time a start is over to the last library it loads, in milliseconds. */
const AFTER_START_MS = 3_000;

/**
 * Gives back to the system, once, the memory that only the start of this process needed.
 * Why: V8 keeps the room in which programs were loaded, a sixth of an idle supervisor, until it has a reason to collect, and a process that
 * waits never has one. Node offers no collection but the function that this flag uncovers.
 */
export function giveBackAfterStart(): void {
  setTimeout(() => {
    // Loaded only now, or the start would take longer.
    const { setFlagsFromString } = nodeProcess.getBuiltinModule('node:v8');
    const { runInNewContext } = nodeProcess.getBuiltinModule('node:vm');
    setFlagsFromString('--expose-gc');
    runInNewContext("gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })");
    setFlagsFromString('--no-expose-gc');
  }, AFTER_START_MS).unref();
}
