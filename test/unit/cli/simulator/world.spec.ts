import { describe, expect, it } from 'vitest';

import { importableStore, signIn } from '../../../../cli/simulator/credentials.ts';
import { demoSeats, plainSeat } from '../../../../cli/simulator/seat.ts';
import { addSeat, newWorld, nextId, patchSeat, patchSettings, put } from '../../../../cli/simulator/world.ts';

const NOW = 1_800_000_000_000;

describe('the simulated world', () => {
  it('has one e-mail in two workspaces and two people in one', () => {
    const { seats } = newWorld({ salt: 'a', seats: demoSeats(6) }, NOW);
    expect(seats.map((seat) => seat.alias)).toEqual(['work', 'home', 'colleague', 'free', 'seat-5', 'seat-6']);
    const [work, home, colleague] = seats;
    expect([home?.email, home?.accountId === work?.accountId]).toEqual([work?.email, false]);
    expect([colleague?.accountId, colleague?.userId === work?.userId]).toEqual([work?.accountId, false]);
  });

  it('refuses a second seat of the same alias or the same person in the same workspace', () => {
    const world = newWorld({ salt: 'a', seats: demoSeats(4) }, NOW);
    expect(() => addSeat(world, { ...plainSeat(9), alias: 'work' }, NOW)).toThrow(/exists already/);
    expect(() => addSeat(world, { ...plainSeat(9), accountId: 'ws-engine-room', userId: 'user-ada' }, NOW)).toThrow(
      /Another seat/,
    );
    expect(addSeat(world, plainSeat(9), NOW).seats).toHaveLength(5);
  });

  it('refuses changes it does not know', () => {
    const world = newWorld({ salt: 'a', seats: demoSeats(4) }, NOW);
    expect(() => patchSeat(world, 'work', { plan: 'pro' })).toThrow(/plan/);
    expect(() => patchSeat(world, 'nobody', {})).toThrow(/work, home, colleague, free/);
    expect(() => patchSettings(world, { chunks: 0 })).toThrow(/chunks/);
    expect(patchSeat(world, 'work', { planType: 'pro' }).seats[0]?.planType).toBe('pro');
  });

  it('makes ids that differ, and the same ones again from the same salt', () => {
    const world = newWorld({ salt: 'a', seats: [] }, NOW);
    const [next, first] = nextId(world, 'x_');
    const [, second] = nextId(next, 'x_');
    expect(first).not.toBe(second);
    expect(nextId(newWorld({ salt: 'a', seats: [] }, NOW), 'x_')[1]).toBe(first);
    expect(nextId(newWorld({ salt: 'b', seats: [] }, NOW), 'x_')[1]).not.toBe(first);
  });

  it('keeps the newest entries of what could grow without end', () => {
    const full = put(put(new Map(), ['a', 1], 2), ['b', 2], 2);
    expect([...put(full, ['c', 3], 2)]).toEqual([
      ['b', 2],
      ['c', 3],
    ]);
    expect([...full.keys()]).toEqual(['a', 'b']);
  });

  it('yields logins as the store file that can be imported', () => {
    const [, login] = signIn(newWorld({ salt: 'a', seats: demoSeats(4) }, NOW), 'work', NOW);
    expect(importableStore([login])).toMatchObject({
      version: 2,
      activeAlias: 'work',
      accounts: {
        work: {
          alias: 'work',
          accessToken: login.accessToken,
          refreshToken: login.refreshToken,
          expiresAt: NOW + 864_000_000,
          email: 'ada@example.test',
        },
      },
    });
  });
});
