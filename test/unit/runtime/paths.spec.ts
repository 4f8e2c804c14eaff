import { describe, expect, it } from 'vitest';

import { isOmaError } from '../../../contract/errors.ts';
import { type PathFacts, resolvePaths } from '../../../runtime/paths.ts';

const FACTS: PathFacts = { home: '/home/me', uid: 1000, platform: 'linux' };

describe('the paths of oma', () => {
  it('lie in the usual places of a home', () => {
    expect(resolvePaths({}, FACTS)).toEqual({
      storeDir: '/home/me/.config/opencode-multi-auth',
      storeFile: '/home/me/.config/opencode-multi-auth/accounts.json',
      defaultStoreFile: '/home/me/.config/opencode-multi-auth/accounts.json',
      upstreamListFile: '/home/me/.config/opencode/opencode-multi-auth-codex-accounts.json',
      storeLockFile: '/home/me/.config/opencode-multi-auth/accounts.json.lock',
      stateDir: '/home/me/.local/state/opencode-multi-auth',
      runtimeDir: '/home/me/.local/state/opencode-multi-auth/run',
      socketPath: '/home/me/.local/state/opencode-multi-auth/run/oma.sock',
      lockFile: '/home/me/.local/state/opencode-multi-auth/run/oma.sock.lock',
      logFile: '/home/me/.local/state/opencode-multi-auth/oma.log',
      probeHomesDir: '/home/me/.local/state/opencode-multi-auth/probe-homes',
      demoDir: '/home/me/.local/state/opencode-multi-auth/demo',
      codexAuthFile: '/home/me/.codex/auth.json',
      openCodeAuthFile: '/home/me/.local/share/opencode/auth.json',
      openCodeHome: '/home/me/.opencode',
      antigravityFile: '/home/me/.config/opencode/antigravity-accounts.json',
    });
  });

  it('follow the XDG base directories that are absolute', () => {
    const paths = resolvePaths({}, { ...FACTS, xdgConfigHome: '/c', xdgStateHome: '/s', xdgDataHome: 'relative' });
    expect(paths.storeFile).toBe('/c/opencode-multi-auth/accounts.json');
    expect(paths.socketPath).toBe('/s/opencode-multi-auth/run/oma.sock');
    expect(paths.openCodeAuthFile).toBe('/home/me/.local/share/opencode/auth.json');
  });

  it('are the same in a session with and without an XDG runtime directory, so that both find one supervisor', () => {
    const withRuntimeDir = resolvePaths({}, { ...FACTS, xdgRuntimeDir: '/run/user/1000' });
    expect(withRuntimeDir).toEqual(resolvePaths({}, FACTS));
  });

  it('follow the environment of oma, with ~ for the home', () => {
    const paths = resolvePaths(
      { STORE_DIR: '~/store', SOCKET: '/tmp/mine/s', LOG_FILE: '~/log', CODEX_AUTH_FILE: '/codex.json' },
      FACTS,
    );
    expect(paths).toMatchObject({
      storeDir: '/home/me/store',
      storeFile: '/home/me/store/accounts.json',
      defaultStoreFile: '/home/me/.config/opencode-multi-auth/accounts.json',
      socketPath: '/tmp/mine/s',
      lockFile: '/tmp/mine/s.lock',
      runtimeDir: '/tmp/mine',
      logFile: '/home/me/log',
      codexAuthFile: '/codex.json',
    });
    expect(resolvePaths({ STORE_DIR: '/d', STORE_FILE: '/f.json' }, FACTS)).toMatchObject({
      storeDir: '/d',
      storeFile: '/f.json',
      storeLockFile: '/f.json.lock',
    });
  });

  it.each(['SOCKET', 'STORE_DIR', 'STORE_FILE', 'LOG_FILE', 'CODEX_AUTH_FILE'] as const)(
    'refuse a %s that is not absolute, and name it',
    (name) => {
      expect(() => resolvePaths({ [name]: 'relative/x' }, FACTS)).toThrow(
        `OPENCODE_MULTI_AUTH_${name} must be an absolute path`,
      );
    },
  );

  it.each([
    ['linux', 107],
    ['darwin', 103],
  ] as const)('take a socket path of as many bytes as %s does, and not one more', (platform, bytesMax) => {
    const socket = `/${'ä'.repeat((bytesMax - 1) / 2)}`;
    expect(Buffer.byteLength(socket)).toBe(bytesMax);
    expect(resolvePaths({ SOCKET: socket }, { ...FACTS, platform }).socketPath).toBe(socket);
    const refused = attempt(() => resolvePaths({ SOCKET: `${socket}x` }, { ...FACTS, platform }));
    expect(isOmaError(refused, 'SOCKET_PATH_TOO_LONG') && refused.details).toEqual({ bytes: bytesMax + 1, bytesMax });
  });

  it('fall back to the XDG runtime directory when the home leaves no room for a socket', () => {
    const home = `/home/${'x'.repeat(90)}`;
    expect(resolvePaths({}, { ...FACTS, home, xdgRuntimeDir: '/run/user/1000' }).socketPath).toBe(
      '/run/user/1000/opencode-multi-auth/oma.sock',
    );
    expect(
      isOmaError(
        attempt(() => resolvePaths({}, { ...FACTS, home })),
        'SOCKET_PATH_TOO_LONG',
      ),
    ).toBe(true);
  });
});

function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
