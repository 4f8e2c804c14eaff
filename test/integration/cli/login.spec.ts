import { describe, expect, it } from 'vitest';

import { ENV_PREFIX } from '../../../contract/env.ts';
import { type Simulator, useSimulator } from '../../support/simulator.ts';
import { type Home, useHome } from './home.ts';

const LOGIN_MS = 60_000;

describe('oma add, with the real supervisor and worker', () => {
  it('logs in with a code typed elsewhere', async () => {
    const { home, simulator } = await setUp();
    const add = home.attend('add', 'grace', '--device');
    await add.says('Code: ');
    const code = /Code: (\S+)/.exec(add.output())?.[1] ?? '';
    expect(simulator.control.approveDevice(code, 'colleague')).toBe(true);
    expect(await add.ended).toBe(0);
    expect(add.output()).toContain('grace is logged in and serves from now on.');
    expect(await aliases(home)).toEqual(['grace']);
  }, 60_000);

  it('logs in with the address of the last page, read from a pipe, and prints no part of it', async () => {
    const { home } = await setUp();
    const add = home.attend('add', 'ada', '--paste');
    await add.says('/oauth/authorize');
    const url = /https?:\/\/\S*\/oauth\/authorize\S*/.exec(add.output())?.[0] ?? '';
    const last = await lastPageOf(url, 'home');
    add.child.stdin.end(`${last}\n`);
    expect(await add.ended).toBe(0);
    expect(add.output()).not.toContain(new URL(last).searchParams.get('code'));
    expect(await home.json('list')).toMatchObject({ accounts: [{ alias: 'ada', email: 'ada@example.test' }] });
  });

  it('leaves no login behind when nothing was pasted, so that the next try can begin', async () => {
    const { home } = await setUp();
    const nothing = home.attend('add', 'ada', '--paste');
    nothing.child.stdin.end();
    expect(await nothing.ended).toBe(2);
    const cancelled = home.attend('add', 'ada', '--device');
    await cancelled.says('Code: ');
    cancelled.child.kill('SIGINT');
    expect(await cancelled.ended).toBe(130);
    expect(cancelled.output()).toContain('The login of "ada" was cancelled; nothing was changed.');
    expect(await aliases(home)).toEqual([]);
  });

  it('refuses the seat that is an account already', async () => {
    const { home, simulator } = await setUp();
    for (const alias of ['grace', 'twin']) {
      const add = home.attend('add', alias, '--device', '--json');
      await add.says('Code: ');
      simulator.control.approveDevice(/Code: (\S+)/.exec(add.output())?.[1] ?? '', 'colleague');
      expect(await add.ended).toBe(alias === 'grace' ? 0 : 3);
      expect(add.output()).toContain(alias === 'grace' ? '"state":"success"' : '"code":"SEAT_EXISTS"');
    }
    expect(await aliases(home)).toEqual(['grace']);
  }, 90_000);
});

async function setUp(): Promise<{ readonly home: Home; readonly simulator: Simulator }> {
  const simulator = await useSimulator();
  const home = await useHome({
    [`${ENV_PREFIX}BASE_URL`]: simulator.baseUrl,
    [`${ENV_PREFIX}ISSUER_URL`]: simulator.issuerUrl,
  });
  await home.oma('up', '--detach');
  return { home, simulator };
}

async function aliases(home: Home): Promise<string[]> {
  return (await home.json<{ accounts: { alias: string }[] }>('list')).accounts.map(({ alias }) => alias);
}

/** Signs in as a browser would and stops at the page on localhost. */
async function lastPageOf(url: string, seat: string): Promise<string> {
  const answer = await fetch(`${url}&sim_user=${seat}`, { redirect: 'manual', signal: AbortSignal.timeout(LOGIN_MS) });
  return answer.headers.get('location') ?? '';
}
