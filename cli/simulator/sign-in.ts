import { authorizeProblem, type AuthorizeQuestion, consent } from './authorization.ts';
import { gate } from './gate.ts';
import { messagePage, signInPage } from './pages.ts';
import { html, json, redirect } from './reply.ts';
import { fields, type Handled, type SimRequest } from './request.ts';
import { revokeToken } from './tokens.ts';
import { findSeat, type World } from './world.ts';

/** Serves the sign-in page, and the redirect a click on it (or `?sim_user=`) leads to. */
export function handleAuthorize(world: World, request: SimRequest, now: number): Handled {
  const { query } = request;
  const question = authorizeQuestion(query);
  const note = { endpoint: 'authorize' as const };
  const problem = authorizeProblem(world.settings, question);
  if (problem !== null)
    return {
      world,
      reply: html(400, messagePage('Sign-in is not possible', problem)),
      note: { ...note, refusedFor: problem },
    };
  const chosen = query.get('sim_user') ?? world.settings.autoApprove;
  if (chosen === null)
    return { world, reply: html(200, signInPage('Sign in', world.seats, Object.fromEntries(query))), note };
  const seat = findSeat(world, chosen);
  const back = new URL(question.redirectUri);
  back.searchParams.set('state', question.state);
  if (seat === undefined) {
    back.searchParams.set('error', 'access_denied');
    back.searchParams.set('error_description', 'The person did not sign in.');
    return { world, reply: redirect(back.href), note: { ...note, refusedFor: 'access_denied' } };
  }
  const [next, code] = consent(world, question, { alias: seat.alias, now });
  back.searchParams.set('code', code);
  back.searchParams.set('scope', query.get('scope') ?? 'openid profile email offline_access');
  return { world: next, reply: redirect(back.href), note: { ...note, alias: seat.alias } };
}

/** Ends the login a token belongs to. */
export function handleRevoke(world: World, request: SimRequest): Handled {
  return {
    world: revokeToken(world, fields(request)['token'] ?? ''),
    reply: json(200, {}),
    note: { endpoint: 'revoke' },
  };
}

/** Says who a bearer is. */
export function handleUserinfo(world: World, request: SimRequest, now: number): Handled {
  const gated = gate(world, request, { endpoint: 'userinfo', now });
  if (gated.kind === 'refused') return { world: gated.world, reply: gated.reply, note: gated.note };
  const { seat } = gated;
  return {
    world: gated.world,
    reply: json(200, { sub: `auth0|${seat.userId}`, email: seat.email, email_verified: true, name: seat.email }),
    note: gated.note,
  };
}

function authorizeQuestion(query: URLSearchParams): AuthorizeQuestion {
  const read = (name: string) => query.get(name) ?? '';
  return {
    responseType: read('response_type'),
    clientId: read('client_id'),
    redirectUri: read('redirect_uri'),
    challenge: read('code_challenge'),
    challengeMethod: read('code_challenge_method'),
    state: read('state'),
  };
}
