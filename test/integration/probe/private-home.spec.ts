import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { ProbeReport } from '../../../contract/limits.ts';
import { secretSchema } from '../../../contract/scalars.ts';
import { type FakeCodex, fakeCodex } from '../../support/fake-codex.ts';
import {
  type BenchOptions,
  callContext,
  type ProbeBench,
  type ProbeParams,
  SEAT,
  useProbeBench,
} from '../../support/probe-bench.ts';

const JWT = secretSchema.parse(`${encoded({ alg: 'none' })}.${encoded({ email: 'ada@example.test' })}.c2ln`);

describe('the private home of a seat', () => {
  it('holds a login without refresh token while codex runs, for the owner only, and none afterwards', async () => {
    const { bench, probe } = await setUp({ exec: 'cp -p "$CODEX_HOME/auth.json" "$HOME/../../seen.json"; exit 1' });
    await probe({ accessToken: JWT, idToken: JWT, accountId: 'ws-1' });
    const seen = join(bench.root, 'seen.json');
    expect((await stat(seen)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(seen, 'utf8'))).toEqual({
      auth_mode: 'chatgptAuthTokens',
      OPENAI_API_KEY: null,
      tokens: { id_token: JWT, access_token: JWT, refresh_token: '', account_id: 'ws-1' },
      last_refresh: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    });
    await expectClean(bench);
  });

  it.each([
    ['the access token when there is no id token', { accessToken: JWT, idToken: null }, JWT],
    [
      'the access token when the id token cannot be read',
      { accessToken: JWT, idToken: secretSchema.parse('a.b.c') },
      JWT,
    ],
    [
      'an empty identity when neither can be read',
      { accessToken: secretSchema.parse('opaque'), idToken: null },
      'e30.e30.e30',
    ],
  ] as const)('gives codex %s, because without one it would send no login at all', async (_, tokens, expected) => {
    const { bench, probe } = await setUp({ exec: 'cp "$CODEX_HOME/auth.json" "$HOME/../../seen.json"; exit 1' });
    await probe(tokens);
    expect(JSON.parse(await readFile(join(bench.root, 'seen.json'), 'utf8'))).toMatchObject({
      tokens: { id_token: expected, access_token: tokens.accessToken },
    });
  });

  it('holds no login either when codex crashes, hangs, or cannot be judged', async () => {
    for (const exec of ['kill -KILL $$', 'sleep 60', 'head -c 3000000 /dev/zero', 'echo nonsense']) {
      const { bench, probe } = await setUp({ exec }, { deadlines: { execMs: 500 } });
      expect(await probe({})).toMatchObject({ kind: 'failed' });
      await expectClean(bench);
    }
  });

  it('gives codex an environment by allow-list, with the way to any refresh cut off', async () => {
    const { bench, probe } = await setUp(
      { exec: 'env | grep -vE "^(PWD|OLDPWD|SHLVL|_)=" | sort > "$HOME/../../env"; exit 1' },
      { environment: () => ({ CODEX_API_KEY: 'x', OPENAI_API_KEY: 'x', HOME: '/home/ada', NODE_OPTIONS: 'x' }) },
    );
    await probe({});
    const home = join(bench.homesDir, SEAT);
    expect((await readFile(join(bench.root, 'env'), 'utf8')).trim().split('\n')).toEqual(
      [
        `CODEX_HOME=${home}/.codex`,
        'CODEX_REFRESH_TOKEN_URL_OVERRIDE=http://127.0.0.1:9/oauth/token',
        'CODEX_REVOKE_TOKEN_URL_OVERRIDE=http://127.0.0.1:9/oauth/revoke',
        `HOME=${home}`,
        'HTTPS_PROXY=http://127.0.0.1:9',
        'HTTP_PROXY=http://127.0.0.1:9',
        'LANG=C.UTF-8',
        'NO_PROXY=127.0.0.1,localhost,localhost,127.0.0.1,::1',
        `PATH=${process.env['PATH'] ?? ''}`,
        'TZ=UTC',
        'no_proxy=127.0.0.1,localhost,localhost,127.0.0.1,::1',
      ].toSorted(),
    );
  });

  it('[S.7.1] runs codex read-only in an empty directory, with the effort said explicitly and no token among its arguments', async () => {
    const { bench, probe } = await setUp({
      exec: 'printf "%s\\n" "$@" > "$HOME/../../argv"; ls -A > "$HOME/../../cwd"; pwd >> "$HOME/../../cwd"; exit 1',
    });
    await probe({ models: ['gpt-5.5'], effort: 'medium', accessToken: JWT });
    const cwd = join(bench.homesDir, SEAT, 'cwd');
    const argv = await readFile(join(bench.root, 'argv'), 'utf8');
    expect(argv.trim().split('\n')).toEqual([
      'exec',
      '--json',
      '--skip-git-repo-check',
      '--sandbox',
      'read-only',
      '-m',
      'gpt-5.5',
      '-c',
      'model_reasoning_effort="medium"',
      '-C',
      cwd,
      'Reply with OK.',
    ]);
    expect(await readFile(join(bench.root, 'cwd'), 'utf8')).toBe(`${cwd}\n`);
  });

  it('throws an answer away when codex changed the login, and raises the alarm', async () => {
    const { bench, probe } = await setUp({ exec: 'echo "{}" > "$CODEX_HOME/auth.json"; exit 1' });
    expect(await probe({})).toMatchObject({
      kind: 'failed',
      code: 'UNKNOWN_SHAPE',
      message: expect.stringContaining('changed the login') as string,
    });
    expect(bench.logged.filter((line) => line.startsWith('error'))).toHaveLength(1);
    await expectClean(bench);
  });

  it('is closed to others, also when it was open before', async () => {
    const { bench, probe } = await setUp({});
    const home = join(bench.homesDir, SEAT);
    await mkdir(join(home, '.codex'), { recursive: true, mode: 0o755 });
    await probe({});
    for (const directory of [home, join(home, '.codex'), join(home, 'cwd')])
      expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  it('is never a link, so that no login is written elsewhere', async () => {
    const { bench, probe } = await setUp({});
    const elsewhere = join(bench.root, 'elsewhere');
    await mkdir(elsewhere);
    await mkdir(bench.homesDir);
    await symlink(elsewhere, join(bench.homesDir, SEAT));
    await expect(probe({})).rejects.toThrow('no directory but a link');
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('is cleaned before the first probe of this process of what a crash left, in every seat, and the log says so', async () => {
    const { bench, probe } = await setUp({});
    const left = ['abcdef01', 'abcdef02'].map((seat) => join(bench.homesDir, seat, '.codex'));
    for (const codexHome of left) {
      await mkdir(join(codexHome, 'sessions', '2026'), { recursive: true });
      await writeFile(join(codexHome, 'auth.json'), '{}');
      await writeFile(join(codexHome, 'installation_id'), 'id');
    }
    await mkdir(join(bench.homesDir, 'not a seat', '.codex'), { recursive: true });
    await writeFile(join(bench.homesDir, 'not a seat', '.codex', 'auth.json'), '{}');
    await probe({});
    for (const codexHome of left) expect(await readdir(codexHome)).toEqual(['installation_id']);
    expect(await readdir(join(bench.homesDir, 'not a seat', '.codex'))).toEqual(['auth.json']);
    expect(bench.logged).toEqual([
      expect.stringMatching(/^warn an earlier probe-runner ended in the middle .*"logins":2/),
    ]);
  });
});

describe('a codex that cannot be used', () => {
  it('that is missing is a clear state, and nothing is written', async () => {
    const { bench, probe } = await setUp({});
    const report = await probe({ codexBin: join(bench.root, 'nowhere', 'codex') });
    expect(report).toMatchObject({
      kind: 'failed',
      code: 'UNSUPPORTED_CODEX',
      codexVersion: null,
      message: expect.stringContaining('CODEX_BIN') as string,
    });
    expect(await readdir(bench.homesDir).catch(() => [])).toEqual([]);
  });

  it('that is too old is a clear state, and it is not run', async () => {
    const { bench, probe } = await setUp({ version: '0.140.0', exec: 'touch "$HOME/../../ran"' });
    expect(await probe({})).toMatchObject({
      kind: 'failed',
      code: 'UNSUPPORTED_CODEX',
      codexVersion: '0.140.0',
      message: expect.stringContaining('0.155') as string,
    });
    expect(await readdir(bench.root)).toEqual(['codex']);
  });

  it('is found on the PATH or by name, and inspected', async () => {
    const { bench, codexBin } = await setUp({ version: '0.170.0' });
    const inspect = (bin: string | null) => bench.runner.handlers['codex.inspect']({ codexBin: bin }, callContext());
    expect(await inspect(codexBin)).toEqual({
      found: true,
      path: codexBin,
      version: '0.170.0',
      supported: true,
      message: 'codex 0.170.0 is ready for probes.',
    });
    expect(await inspect('/nonexistent/codex')).toMatchObject({
      found: false,
      path: null,
      version: null,
      supported: false,
    });
    const onPath = await useProbeBench({
      environment: () => ({ PATH: `/nonexistent:${join(bench.root, 'codex')}:/usr/bin:/bin` }),
    });
    expect(await onPath.runner.handlers['codex.inspect']({ codexBin: null }, callContext())).toMatchObject({
      found: true,
      path: codexBin,
    });
    const nowhere = await useProbeBench({ environment: () => ({ PATH: '/nonexistent' }) });
    expect(await nowhere.runner.handlers['codex.inspect']({ codexBin: null }, callContext())).toMatchObject({
      found: false,
      message: expect.stringContaining('PATH') as string,
    });
  });

  it('behind the launcher of its npm package is found as the native binary', async () => {
    const { bench } = await setUp({});
    const launcher = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.bin', 'codex');
    expect(await bench.runner.handlers['codex.inspect']({ codexBin: launcher }, callContext())).toMatchObject({
      found: true,
      supported: true,
      version: '0.169.0',
      path: expect.stringMatching(/vendor\/[^/]+\/bin\/codex$/) as string,
    });
  });

  it('that tells no version is not used', async () => {
    const { bench, codexBin } = await setUp({ version: '0.169.0\nand more' });
    expect(await bench.runner.handlers['codex.inspect']({ codexBin }, callContext())).toMatchObject({
      found: true,
      version: null,
      supported: false,
    });
  });

  it('that is replaced is asked for its version again', async () => {
    const { bench, codexBin } = await setUp({ version: '0.140.0' });
    const inspect = () => bench.runner.handlers['codex.inspect']({ codexBin }, callContext());
    expect(await inspect()).toMatchObject({ version: '0.140.0', supported: false });
    await fakeCodex(join(bench.root, 'codex'), { version: '0.1690.0' });
    expect(await inspect()).toMatchObject({ version: '0.1690.0', supported: true });
  });
});

describe('an app-server in an unknown shape', () => {
  const ANSWER = `'{"id":2,"result":{"rateLimits":{"limitId":"codex","primary":{"usedPercent":12,"windowDurationMins":300,"resetsAt":1795438937}}}}'`;
  const GREET = `read -r hello; echo '{"id":1,"result":{}}'; read -r initialized; read -r question;`;

  it.each([
    ['that answers', `${GREET} echo ${ANSWER}`, { kind: 'complete', windows: [{ usedPercent: 12 }] }],
    ['that answers and does not end', `${GREET} echo ${ANSWER}; sleep 60`, { kind: 'complete' }],
    [
      'that asks for another login first, and is refused',
      `${GREET} echo '{"id":"x","method":"account/chatgptAuthTokens/refresh","params":{}}'; read -r refused; case "$refused" in *'"error"'*) echo ${ANSWER};; esac`,
      { kind: 'complete' },
    ],
    ['that never answers', 'sleep 60', { kind: 'failed', code: 'TIMED_OUT' }],
    ['that ends without an answer', 'exit 0', { kind: 'failed', code: 'UNKNOWN_SHAPE' }],
    [
      'that does not take the greeting',
      `read -r hello; echo '{"id":1,"error":{"code":-32600,"message":"no"}}'`,
      { kind: 'failed', code: 'UPSTREAM_ERROR' },
    ],
    ['that prints something else', 'echo hello', { kind: 'failed', code: 'UNKNOWN_SHAPE' }],
    ['that answers half a line', `${GREET} printf '%s' '{"id":2,"result":'`, { kind: 'failed', code: 'UNKNOWN_SHAPE' }],
    [
      'that answers in another form',
      `${GREET} echo '{"id":2,"result":{"limits":[]}}'`,
      { kind: 'failed', code: 'UNKNOWN_SHAPE' },
    ],
    ['that is killed', `${GREET} kill -KILL $$`, { kind: 'failed', code: 'INTERRUPTED' }],
    ['that prints without end', 'yes', { kind: 'failed', code: 'UNKNOWN_SHAPE' }],
  ] as const)('%s yields figures only if it answered as agreed', async (_, appServer, expected) => {
    const { bench, probe } = await setUp({ appServer }, { deadlines: { appServerMs: 3_000 } });
    expect(await probe({ source: 'codex-app-server' })).toMatchObject(expected);
    await expectClean(bench);
  });
});

async function setUp(
  fake: FakeCodex,
  options: BenchOptions = {},
): Promise<{ bench: ProbeBench; codexBin: string; probe: (params: Partial<ProbeParams>) => Promise<ProbeReport> }> {
  const bench = await useProbeBench(options);
  const codexBin = await fakeCodex(join(bench.root, 'codex'), fake);
  return { bench, codexBin, probe: (params) => bench.probe({ codexBin, ...params }) };
}

async function expectClean({ homesDir }: ProbeBench): Promise<void> {
  expect(await readdir(join(homesDir, SEAT))).toEqual(['.codex', 'cwd']);
  expect(await readdir(join(homesDir, SEAT, '.codex'))).toEqual([]);
  expect(await readdir(join(homesDir, SEAT, 'cwd'))).toEqual([]);
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
