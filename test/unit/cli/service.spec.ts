import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compareService, differenceText } from '../../../cli/service/compare.ts';
import type { ServiceFacts } from '../../../cli/service/facts.ts';
import { launchdAgent, readLaunchdAgent } from '../../../cli/service/launchd.ts';
import { launchdState, systemdState } from '../../../cli/service/state.ts';
import { readSystemdUnit, systemdUnit } from '../../../cli/service/systemd.ts';

const FACTS = { home: '/home/ann', uid: 1000, platform: 'linux' as const };
const OURS = {
  node: '/opt/node/bin/node',
  supervisor: '/opt/oma/supervisor.js',
  storeFile: '/home/ann/.config/opencode-multi-auth/accounts.json',
  socketPath: '/home/ann/.local/state/opencode-multi-auth/run/oma.sock',
};

function facts(given: Partial<ServiceFacts>): ServiceFacts {
  const places = { secretsFile: '/s', logFile: '/l' };
  return { node: OURS.node, supervisor: OURS.supervisor, environment: { HOME: '/home/ann' }, ...places, ...given };
}

describe('a description of the service', () => {
  const word = fc.stringMatching(/^[ -~äß“]{1,30}$/);
  const environment = fc.dictionary(fc.stringMatching(/^[A-Z_]{1,12}$/), word, { maxKeys: 4 });

  it.each([
    ['systemd', systemdUnit, readSystemdUnit],
    ['launchd', launchdAgent, readLaunchdAgent],
  ] as const)('of %s says what was put into it, whatever characters that has', (_manager, write, read) => {
    fc.assert(
      fc.property(word, word, environment, (node, supervisor, variables) => {
        const described = read(write(facts({ node, supervisor, environment: variables })));
        expect(described).toEqual({ node, supervisor, environment: { ...variables } });
      }),
    );
  });

  it('that somebody else wrote says what it can', () => {
    const unit = '[Service]\nExecStart=/usr/bin/oma\nEnvironment=HOME=/home/ann A=1\n';
    expect(readSystemdUnit(unit)).toEqual({
      node: '/usr/bin/oma',
      supervisor: null,
      environment: { HOME: '/home/ann', A: '1' },
    });
    expect(readLaunchdAgent('<plist/>')).toEqual({ node: null, supervisor: null, environment: {} });
  });
});

describe('the comparison of a service with this oma', () => {
  const compared = (given: Partial<ServiceFacts>) =>
    compareService(readSystemdUnit(systemdUnit(facts(given))), OURS, FACTS);

  it('finds nothing in a description that was just written', () => {
    expect(compared({})).toEqual([]);
  });

  it.each([
    [{ supervisor: '/old/supervisor.js' }, { supervisor: '/old/supervisor.js' }],
    [{ node: '/old/node' }, { node: '/old/node' }],
    [
      { environment: { HOME: '/home/ann', XDG_STATE_HOME: '/other' } },
      { socketPath: '/other/opencode-multi-auth/run/oma.sock' },
    ],
    [{ environment: { HOME: '/home/ann', OPENCODE_MULTI_AUTH_STORE_FILE: '/x.json' } }, { storeFile: '/x.json' }],
    [
      { environment: { HOME: '/home/bob' } },
      {
        storeFile: '/home/bob/.config/opencode-multi-auth/accounts.json',
        socketPath: '/home/bob/.local/state/opencode-multi-auth/run/oma.sock',
      },
    ],
    [{ environment: { OPENCODE_MULTI_AUTH_SOCKET: 'not/absolute' } }, { storeFile: null, socketPath: null }],
  ])('names what departs (%#)', (given, expected) => {
    const found = compared(given);
    expect(Object.fromEntries(found.map(({ part, described }) => [part, described]))).toEqual(expected);
    for (const difference of found) {
      expect(difference.ours).toBe(OURS[difference.part]);
      expect(differenceText({ ...difference, isGone: false })).toMatch(/^it .*(: \/|form that oma understands$)/);
    }
  });
});

describe('what a manager of services says', () => {
  it.each([
    ['ActiveState=active\nSubState=running\nResult=success\nUnitFileState=enabled', 'running', true],
    ['ActiveState=active\nSubState=running\nResult=success\nUnitFileState=disabled', 'running', false],
    ['ActiveState=inactive\nSubState=dead\nResult=success\nUnitFileState=enabled', 'stopped', true],
    ['ActiveState=failed\nSubState=failed\nResult=exit-code\nUnitFileState=enabled', 'failed', true],
    ['ActiveState=activating\nSubState=auto-restart\nResult=exit-code\nUnitFileState=enabled', 'failed', true],
    ['', 'unknown', null],
  ])('is read from systemd (%#)', (shown, run, isEnabled) => {
    expect(systemdState(shown)).toMatchObject({ run, isEnabled });
  });

  it.each([
    ['gui/501/x = {\n\tstate = running\n\tlast exit code = 1\n}', 'running'],
    ['gui/501/x = {\n\tstate = not running\n\tlast exit code = 0\n}', 'stopped'],
    ['gui/501/x = {\n\tstate = spawn scheduled\n\tlast exit code = 78: EX_CONFIG\n}', 'failed'],
    ['something new', 'unknown'],
  ])('is read from launchd (%#)', (printed, run) => {
    expect(launchdState(printed).run).toBe(run);
  });
});
