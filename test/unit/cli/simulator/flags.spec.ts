import { describe, expect, it } from 'vitest';

import { parseFlags } from '../../../../cli/simulator/flags.ts';

describe('the flags of the simulator', () => {
  it('have defaults', () => {
    expect(parseFlags([])).toEqual({ port: 0, seats: 4, json: false, withParent: false, help: false });
  });

  it('are read', () => {
    expect(parseFlags(['--port', '18080', '--seats', '200', '--json', '--with-parent'])).toEqual({
      port: 18_080,
      seats: 200,
      json: true,
      withParent: true,
      help: false,
    });
  });

  it.each([[['--port', 'x']], [['--port', '70000']], [['--seats', '0']], [['--nonsense']]])(
    '%o are refused',
    (args) => {
      expect(() => parseFlags(args)).toThrow(/--(port|seats|nonsense)/);
    },
  );
});
