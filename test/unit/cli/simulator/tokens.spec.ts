import { describe, expect, it } from 'vitest';

import { readJwt } from '../../../../cli/simulator/jwt.ts';
import { demoSeats } from '../../../../cli/simulator/seat.ts';
import {
  checkAccess,
  cutAccess,
  issueFamily,
  refresh,
  type RefreshResult,
  revokeLogins,
  revokeToken,
  type TokenSet,
} from '../../../../cli/simulator/tokens.ts';
import { newWorld, patchSettings, type World } from '../../../../cli/simulator/world.ts';

const NOW = 1_800_000_000_000;

function start(settings: Record<string, unknown> = {}): { world: World; tokens: TokenSet } {
  const [world, tokens] = issueFamily(newWorld({ salt: 'a', seats: demoSeats(4), settings }, NOW), 'work', NOW);
  return { world, tokens };
}

function rotated(result: RefreshResult): TokenSet {
  if (result.kind !== 'rotated') throw new Error(`refused: ${result.code}`);
  return result.tokens;
}

describe('simulated tokens', () => {
  it('carry the claims by which clients tell seats apart', () => {
    const { tokens } = start();
    const claims = readJwt(tokens.accessToken);
    expect(claims).toMatchObject({
      exp: NOW / 1_000 + 864_000,
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      'https://api.openai.com/auth': {
        chatgpt_account_id: 'ws-engine-room',
        chatgpt_user_id: 'user-ada',
        chatgpt_account_user_id: 'user-ada__ws-engine-room',
        chatgpt_plan_type: 'team',
      },
      'https://api.openai.com/profile': { email: 'ada@example.test' },
    });
    expect(readJwt(tokens.idToken)).toMatchObject({ email: 'ada@example.test' });
    expect(tokens.accessToken.length).toBeGreaterThan(1_200);
    expect(tokens.refreshToken).toMatch(/^rt_/);
  });

  it('refresh exactly once: the second use is refused as reused and the login lives on', () => {
    const { world, tokens } = start();
    const [after, first] = refresh(world, tokens.refreshToken, NOW);
    const [again, second] = refresh(after, tokens.refreshToken, NOW);
    expect(second).toEqual({ kind: 'refused', code: 'refresh_token_reused', alias: 'work' });
    const [, third] = refresh(again, rotated(first).refreshToken, NOW);
    expect(third.kind).toBe('rotated');
  });

  it('kill the whole login on reuse when told so', () => {
    const { world, tokens } = start({ revokeFamilyOnReuse: true });
    const [after, first] = refresh(world, tokens.refreshToken, NOW);
    const [dead, reused] = refresh(after, tokens.refreshToken, NOW);
    expect(reused).toMatchObject({ code: 'refresh_token_reused' });
    expect(refresh(dead, rotated(first).refreshToken, NOW)[1]).toMatchObject({ code: 'refresh_token_invalidated' });
    expect(checkAccess(dead, rotated(first).accessToken, NOW)).toMatchObject({ reason: 'invalidated' });
  });

  it('of two logins of one seat do not know each other', () => {
    const { world, tokens } = start();
    const [two, other] = issueFamily(world, 'work', NOW);
    const [after] = refresh(two, tokens.refreshToken, NOW);
    expect(refresh(after, other.refreshToken, NOW)[1].kind).toBe('rotated');
  });

  it('expire on time, to the millisecond', () => {
    const { world, tokens } = start({ accessTokenTtlSeconds: 60 });
    expect(checkAccess(world, tokens.accessToken, NOW + 59_999)).toMatchObject({ kind: 'valid', generation: 0 });
    expect(checkAccess(world, tokens.accessToken, NOW + 60_000)).toMatchObject({ kind: 'refused', reason: 'expired' });
  });

  it('of a refresh with an end are refused after it', () => {
    const { world, tokens } = start({ refreshTokenTtlSeconds: 60 });
    expect(refresh(world, tokens.refreshToken, NOW + 60_000)[1]).toMatchObject({ code: 'refresh_token_expired' });
  });

  it.each(['expired', 'invalidated'] as const)('of a seat cut as %s work again after a refresh', (reason) => {
    const { world, tokens } = start();
    const cut = cutAccess(world, 'work', reason);
    expect(checkAccess(cut, tokens.accessToken, NOW)).toMatchObject({ kind: 'refused', reason, alias: 'work' });
    const [after, result] = refresh(cut, tokens.refreshToken, NOW);
    expect(checkAccess(after, rotated(result).accessToken, NOW)).toMatchObject({ kind: 'valid', generation: 1 });
  });

  it('die with their seat or their login', () => {
    const { world, tokens } = start();
    expect(refresh(revokeLogins(world, 'work'), tokens.refreshToken, NOW)[1]).toMatchObject({
      code: 'refresh_token_invalidated',
    });
    expect(checkAccess(revokeToken(world, tokens.refreshToken), tokens.accessToken, NOW)).toMatchObject({
      reason: 'invalidated',
    });
    expect(revokeToken(world, 'rt_garbage')).toBe(world);
  });

  it('that are garbage are refused without a trace of whose they might be', () => {
    const { world, tokens } = start();
    const forged = `${tokens.accessToken.slice(0, -4)}AAAA`;
    expect(checkAccess(world, forged, NOW)).toMatchObject({ reason: 'garbage', alias: null });
    expect(checkAccess(world, 'a.b.c', NOW)).toMatchObject({ reason: 'garbage' });
    expect(checkAccess(world, null, NOW)).toMatchObject({ reason: 'missing' });
    expect(refresh(world, 'rt_nonsense', NOW)).toEqual([
      world,
      { kind: 'refused', code: 'token_expired', alias: null },
    ]);
  });

  it('of an earlier run are taken over where they stood', () => {
    const { tokens } = start();
    const later = newWorld({ salt: 'b', seats: demoSeats(4) }, NOW);
    expect(checkAccess(later, tokens.accessToken, NOW).kind).toBe('valid');
    const [after, result] = refresh(later, tokens.refreshToken, NOW);
    expect(result.kind).toBe('rotated');
    expect(refresh(after, tokens.refreshToken, NOW)[1]).toMatchObject({ code: 'refresh_token_reused' });
  });

  it('take their lifetime from the settings of the moment', () => {
    const { world, tokens } = start();
    const [, result] = refresh(patchSettings(world, { accessTokenTtlSeconds: 5 }), tokens.refreshToken, NOW);
    expect(rotated(result).expiresAtMs).toBe(NOW + 5_000);
  });
});
