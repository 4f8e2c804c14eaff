import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openAiLogin } from '../../cli/opencode-auth.ts';
import { codexAuthFile, importableStore } from '../../cli/simulator/credentials.ts';
import { startSimulator } from '../../cli/simulator/server.ts';
import { isOmaError } from '../../contract/errors.ts';
import { OPERATIONS } from '../../contract/operations.ts';
import { readClaims } from '../../contract/token-claims.ts';
import { createEventWatch } from '../../plugin/event-watch.ts';
import { readOpening } from '../../plugin/first-event.ts';
import { judge } from '../../probe-runner/judge.ts';
import { readConfigFile } from '../../supervisor/config-file.ts';
import { getAntigravity } from '../../supervisor/operations/antigravity.ts';
import { checkStoreFile } from '../../supervisor/store/check.ts';
import { readStore } from '../../supervisor/store/read-store.ts';
import { composeForTest, type Supervised } from '../support/composed.ts';
import { type HurtOma, hurtOma } from '../support/hurt-oma.ts';
import { FUZZ, mutatedJson, mutatedText } from '../support/mutations.ts';
import { recordedRun } from '../support/recorded-codex.ts';
import { NOON } from '../support/state.ts';
import { pool } from '../support/upstream-store.ts';

let supervised: Supervised;
let secrets: readonly string[];
let logins: Readonly<Record<'codex' | 'store' | 'pool' | 'opencode', unknown>>;

beforeAll(async () => {
  supervised = await composeForTest({ aliases: ['a', 'b', 'c'] });
  const simulator = await startSimulator({ seats: 1 });
  const [seat] = simulator.control.state().seats;
  const login = simulator.control.credentials(seat?.alias ?? '');
  await simulator.close();
  secrets = [login.accessToken, login.refreshToken, login.idToken];
  logins = {
    codex: codexAuthFile(login),
    store: importableStore([login]),
    pool: pool([{ ...login, expiresAt: login.expiresAtMs, tokenRotatedAt: NOON, addedAt: NOON, lastUsed: NOON }]),
    opencode: {
      openai: {
        ...{ type: 'oauth', refresh: login.refreshToken, access: login.accessToken },
        ...{ expires: login.expiresAtMs, accountId: login.accountId },
      },
    },
  };
});
afterAll(() => supervised.close());

/** Runs something that may refuse; anything but an error of oma's own, and any secret in it, fails the test. */
async function answerOrRefusal(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    if (!isOmaError(error)) throw error;
    const told = inspect(error, { depth: 8, maxStringLength: null });
    for (const secret of secrets) expect(told.includes(secret.slice(0, 40))).toBe(false);
    return error;
  }
}

const written = async (name: string, text: string): Promise<string> => {
  const path = join(supervised.directory, name);
  await writeFile(path, text);
  return path;
};

describe('garbage in what other programs wrote', () => {
  it.each(['codex', 'store', 'pool', 'opencode'] as const)(
    '%s: an import takes it or refuses it, and the store stays good',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(mutatedJson(logins[kind]), async (text) => {
          const path = await written('import.json', text);
          await answerOrRefusal(() => supervised.call('account.import', { source: 'file', path }));
          const checked = await checkStoreFile(join(supervised.directory, 'accounts.json'), null, NOON);
          expect(checked.problems).toEqual([]);
          for (const { alias } of supervised.store.read().accounts)
            if (!['a', 'b', 'c'].includes(alias)) await supervised.call('account.remove', { alias });
        }),
        FUZZ,
      );
    },
  );

  it('a device that never ends is no file to import', async () => {
    for (const path of ['/dev/zero', '/dev/null', supervised.directory])
      expect(await answerOrRefusal(() => supervised.call('account.import', { source: 'file', path }))).toMatchObject({
        code: 'IMPORT_INVALID',
      });
  });

  it('a store is read, restored or refused', async () => {
    const own: unknown = JSON.parse(await readFile(join(supervised.directory, 'accounts.json'), 'utf8'));
    const texts = fc.oneof(mutatedJson(own), mutatedJson(logins.store));
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const content = await answerOrRefusal(() => readStore(Buffer.from(text), { passphrase: null, now: NOON }));
        const told = inspect('problems' in (content as object) ? content : null, { depth: 8, maxStringLength: null });
        for (const secret of secrets) expect(told.includes(secret)).toBe(false);
      }),
      FUZZ,
    );
  });

  it('a token says whose it is, or nothing', () => {
    const token = mutatedText(secrets[0] ?? '');
    fc.assert(
      fc.property(fc.oneof(token, jwtOf), (text) => {
        const claims = readClaims(text);
        if (claims !== null) expect(claims.expiresAtMs === null || Number.isSafeInteger(claims.expiresAtMs)).toBe(true);
      }),
      FUZZ,
    );
  });

  it("the configuration, OpenCode's logins and antigravity's accounts are read or refused", async () => {
    const config = { rotationStrategy: 'random', criticalThreshold: 5, accountWeights: { a: 0.5 } };
    const antigravity = {
      version: 4,
      accounts: [{ email: 'a@example.test', cachedQuota: { m: { remainingFraction: 0.5, resetTime: '2027-01-01' } } }],
    };
    await fc.assert(
      fc.asyncProperty(
        mutatedJson(config),
        mutatedJson(logins.opencode),
        mutatedJson(antigravity),
        async (...texts) => {
          const path = await written('config.json', texts[0]);
          await answerOrRefusal(() => readConfigFile(path));
          await answerOrRefusal(() => openAiLogin(texts[1]));
          await written('antigravity-accounts.json', texts[2]);
          await answerOrRefusal(() => getAntigravity(supervised.context));
        },
      ),
      FUZZ,
    );
  });
});

const jwtOf = fc
  .record({ exp: fc.double(), 'https://api.openai.com/auth': fc.record({ chatgpt_account_id: fc.string() }) })
  .map((claims) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`);

describe('[C.L1.3] garbage in what codex wrote', () => {
  const good = recordedRun('0.169.0/success');
  const verdict = judge(good);
  const windows = verdict.kind === 'complete' ? verdict.windows : [];
  const [session] = good.sessions;
  const lines = (session?.text ?? '').split('\n');

  it('never brings it down', () => {
    fc.assert(
      fc.property(mutatedText(session?.text ?? ''), mutatedText(good.stdout), (text, stdout) => {
        expect(judge({ ...good, stdout, sessions: [{ name: session?.name ?? '', text }] }).kind).toMatch(/^\w+$/);
      }),
      FUZZ,
    );
  });

  it('never makes a figure out of lines that are missing, doubled or in another order', () => {
    expect(windows.length).toBeGreaterThan(0);
    fc.assert(
      fc.property(fc.shuffledSubarray(lines), fc.subarray(lines), (some, more) => {
        const text = [...some, ...more].join('\n');
        const found = judge({ ...good, sessions: [{ name: session?.name ?? '', text }] });
        if (found.kind === 'complete') expect(found.windows).toEqual(windows);
      }),
      FUZZ,
    );
  });
});

describe('garbage in a streamed answer', () => {
  const event = (type: string): string => `event: ${type}\ndata: {"type":"${type}","x":1}\n\n`;
  const stream = ['response.created', 'response.output_text.delta', 'response.completed'].map(event).join('');
  const chunks = (text: string, sizes: readonly number[]): Uint8Array[] => {
    const bytes = Buffer.from(text);
    const cut: Uint8Array[] = [];
    for (let at = 0, index = 0; at < bytes.length; index += 1) {
      const size = sizes[index % sizes.length] ?? 1;
      cut.push(bytes.subarray(at, at + size));
      at += size;
    }
    return cut;
  };
  const anySizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

  it('is read to its first event, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(mutatedText(stream), anySizes, async (text, sizes) => {
        const rest = chunks(text, sizes);
        const read = () => {
          const value = rest.shift();
          return Promise.resolve(
            value === undefined ? { done: true as const, value } : { done: false as const, value },
          );
        };
        const opening = await readOpening({ read, cancel: () => Promise.resolve() }, () => undefined);
        expect(Buffer.concat([...opening.held, ...rest]).toString()).toBe(Buffer.from(text).toString());
      }),
      FUZZ,
    );
  });

  it('is complete only if it says so', () => {
    fc.assert(
      fc.property(fc.nat({ max: stream.indexOf('event: response.completed') + 6 }), anySizes, (end, sizes) => {
        const watch = createEventWatch();
        for (const chunk of chunks(stream.slice(0, end), sizes)) watch.push(chunk);
        expect(watch.verdict()).toBeNull();
      }),
      FUZZ,
    );
  });
});

describe('garbage at the doors', () => {
  it('every HTTP body is answered: with JSON, a code, and never 500', async () => {
    const routes = Object.values(OPERATIONS).flatMap((row) =>
      'http' in row && ['POST', 'PUT'].includes(row.http.method) ? [row.http] : [],
    );
    const bodies = mutatedJson({
      alias: 'a',
      enabled: false,
      source: 'file',
      path: '/nowhere',
      preset: 'balanced',
      criticalThreshold: 5,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...routes),
        bodies,
        fc.string({ minLength: 1, maxLength: 80 }),
        async ({ method, path }, body, alias) => {
          const { status, body: answer } = await supervised.request(
            method,
            path.replace(/:\w+/, encodeURIComponent(alias)),
            body,
          );
          expect(status).not.toBe(500);
          if (status >= 400)
            expect(answer).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) });
        },
      ),
      FUZZ,
    );
  });

  it('frames: the supervisor hangs up or answers, and serves the others on', async () => {
    const simulator = await startSimulator({ seats: 1 });
    const oma: HurtOma = await hurtOma(simulator);
    try {
      await oma.start();
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status.get', params: {} });
      const frame = `Content-Length: ${String(body.length)}\r\n\r\n${body}`;
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(mutatedText(frame), mutatedText(frame + frame), mutatedJson(JSON.parse(body)).map(framed)),
          (text) => shout(oma.socketPath, text),
        ),
        FUZZ,
      );
      expect((await oma.client['status.get']({})).pid).toBe(oma.pid);
      expect((await oma.client['status.get']({})).clients).toHaveLength(1);
      expect(oma.stderr()).toBe('');
    } finally {
      await oma.end();
      await simulator.close();
    }
  });
});

function framed(body: string): string {
  return `Content-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`;
}

/** Writes bytes, closes its side, and waits until the other side has closed as well. */
function shout(socketPath: string, text: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => socket.end(text));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
  });
}
