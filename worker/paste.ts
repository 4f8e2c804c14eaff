import { OmaError } from '../contract/errors.ts';
import { CALLBACK_PATH } from './oauth.ts';

/**
 * Reads what a person copied: the whole address of the last page, its query, `code#state`, or the bare code.
 * Errors: INVALID_PARAMS saying what to copy, never quoting what was pasted.
 */
export function readPasted(pasted: string): URLSearchParams {
  // Terminals and chat programs break long lines and add quotes.
  const text = pasted.replace(/[\s"'<>`]+/g, '');
  const query = queryOf(text);
  if (query.has('code_challenge')) throw unusable('That is the address of the sign-in page.');
  if (!query.has('code') && !query.has('error')) throw unusable('There is no code in what was pasted.');
  return query;
}

/** The failure of a paste that belongs to another login. */
export function foreignPaste(loginId: string | null): OmaError {
  const owner =
    loginId === null
      ? 'to another login than this one, perhaps to one that is over'
      : `to the login ${loginId}, which is still open`;
  return new OmaError(
    'INVALID_PARAMS',
    `What was pasted belongs ${owner}. Open the address of this login, sign in there, and copy the address of the page after that.`,
  );
}

const BARE_CODE = /^[A-Za-z0-9._~+/=-]{6,4096}$/;

function queryOf(text: string): URLSearchParams {
  if (text.includes('://')) return URL.canParse(text) ? new URL(text).searchParams : new URLSearchParams();
  if (text.startsWith(CALLBACK_PATH) || text.startsWith('localhost:'))
    return new URLSearchParams(text.slice(text.indexOf('?') + 1));
  const [code = '', state] = text.split('#');
  if (!text.includes('code=') && !text.includes('error=') && BARE_CODE.test(code))
    return new URLSearchParams(state === undefined ? { code } : { code, state });
  return new URLSearchParams(text.replace(/^[?#]/, ''));
}

function unusable(what: string): OmaError {
  return new OmaError(
    'INVALID_PARAMS',
    `${what} After signing in, the browser shows a page that does not load: copy the whole address of that page. It begins with http://localhost: and has "code=" in it.`,
  );
}
