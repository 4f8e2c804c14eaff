import { logLineSchema } from '../contract/log-line.ts';
import type { Log } from '../runtime/log.ts';

const [ERROR, WARN, INFO] = [50, 40, 30];

/** Makes what puts the standard error of a helper process into this log: lines of its own log as such, anything else as a text. */
export function wordsOf(child: string, log: Log): (line: string) => void {
  return (line) => {
    const said = logLineSchema.safeParse(parsed(line));
    if (!said.success) {
      log.warn({ child, line }, 'a helper process wrote on standard error');
      return;
    }
    const { level, msg, ...fields } = said.data;
    log[levelOf(level)]({ child, said: fields }, msg);
  };
}

function levelOf(rank: number): 'error' | 'warn' | 'info' | 'debug' {
  if (rank >= ERROR) return 'error';
  if (rank >= WARN) return 'warn';
  return rank >= INFO ? 'info' : 'debug';
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
