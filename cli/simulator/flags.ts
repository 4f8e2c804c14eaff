import { parseArgs } from 'node:util';

import * as z from 'zod';

/** What the command line of the simulator asks for. */
export interface Flags {
  readonly port: number;
  readonly seats: number;
  readonly json: boolean;
  readonly withParent: boolean;
  readonly help: boolean;
}

export const USAGE = `Usage: simulator [--port N] [--seats N] [--json] [--with-parent]

A simulated ChatGPT backend and sign-in on loopback, for demos and tests. Nothing leaves this machine.

  --port N        listen on 127.0.0.1:N (default: any free port)
  --seats N       how many simulated accounts, 1 to 1000 (default 4)
  --json          say the addresses as one JSON line
  --with-parent   end when stdin is closed
  --help          show this`;

const schema = z.object({
  port: z.coerce.number().int().min(0).max(65_535).default(0),
  seats: z.coerce.number().int().min(1).max(1_000).default(4),
});

/** Reads the arguments; throws an Error that says which one is wrong. */
export function parseFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      seats: { type: 'string' },
      json: { type: 'boolean', default: false },
      'with-parent': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const numbers = schema.safeParse(values);
  if (!numbers.success)
    throw new Error(`The flag --${numbers.error.issues[0]?.path.join('.') ?? '?'} is not a number in its range.`);
  return { ...numbers.data, json: values.json, withParent: values['with-parent'], help: values.help };
}
