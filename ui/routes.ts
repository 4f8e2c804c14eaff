import type { Client, Result } from '../contract/operation.ts';
import type { Operations } from '../contract/operations.ts';

type Routed = {
  [K in keyof Operations]: Operations[K] extends { readonly http: object } ? K : never;
}[keyof Operations];

/** What an operation answers. */
export type Answer<K extends Routed> = Result<Operations, K>;

/** What an operation takes. */
export type Question<K extends Routed> = Parameters<Client<Operations>[K]>[0];

type Address<K extends Routed> = `${Operations[K]['http']['method']} ${Operations[K]['http']['path']}`;
type Routes = {
  readonly [K in Routed]?: { readonly address: Address<K>; readonly keys: readonly (keyof Answer<K>)[] };
};

/**
 * The operations this page uses: address, and the fields an answer must have to be taken for one.
 * Why not the table itself: it brings every schema and zod along, half of what this page may weigh. The compiler proves each address equal to the table's.
 */
export const ROUTES = {
  'account.list': { address: 'GET /api/accounts', keys: ['accounts'] },
  'account.history': { address: 'GET /api/accounts/:alias/history', keys: ['alias', 'entries'] },
  'account.add': { address: 'POST /api/accounts', keys: ['loginId', 'state'] },
  'account.import': { address: 'POST /api/accounts/import', keys: ['imported', 'skipped'] },
  'account.remove': { address: 'DELETE /api/accounts/:alias', keys: ['alias'] },
  'account.set-enabled': { address: 'PUT /api/accounts/:alias/enabled', keys: ['alias', 'enabled'] },
  'account.reauth': { address: 'POST /api/accounts/:alias/reauth', keys: ['loginId', 'state'] },
  'account.switch': { address: 'POST /api/accounts/:alias/switch', keys: ['alias', 'active'] },
  'login.list': { address: 'GET /api/logins', keys: ['logins'] },
  'login.paste': { address: 'POST /api/logins/:loginId/paste', keys: ['loginId', 'state'] },
  'login.cancel': { address: 'POST /api/logins/:loginId/cancel', keys: ['loginId', 'state'] },
  'force.get': { address: 'GET /api/force', keys: ['active'] },
  'force.activate': { address: 'POST /api/force', keys: ['active'] },
  'force.clear': { address: 'POST /api/force/clear', keys: ['active'] },
  'settings.get': { address: 'GET /api/settings', keys: ['settings', 'origins', 'locked'] },
  'settings.update': { address: 'PUT /api/settings', keys: ['settings', 'origins', 'locked'] },
  'settings.reset': { address: 'POST /api/settings/reset', keys: ['settings', 'origins', 'locked'] },
  'settings.preset': { address: 'POST /api/settings/preset', keys: ['settings', 'origins', 'locked'] },
  'notice.test': { address: 'POST /api/notices/test', keys: ['channels'] },
  'probe.start': { address: 'POST /api/probe', keys: ['probeId', 'items'] },
  'probe.get': { address: 'GET /api/probe/:probeId', keys: ['probeId', 'items'] },
  'decision.list': { address: 'GET /api/decisions', keys: ['decisions'] },
  'audit.list': { address: 'GET /api/audit', keys: ['entries'] },
  'status.get': { address: 'GET /api/status', keys: ['accounts', 'store', 'buildId'] },
} as const satisfies Routes;

export type RouteName = keyof typeof ROUTES;

/** A request as `fetch` takes it. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
}

/** Turns a question into a request: `:name` takes its field out of the parameters, the rest is query or body. */
export function requestFor(name: RouteName, params: Readonly<Record<string, unknown>>): Request {
  const [method = 'GET', template = '/'] = ROUTES[name].address.split(' ');
  const rest = new Map(Object.entries(params).filter(([, value]) => value !== undefined));
  const path = template.replace(/:(\w+)/g, (_, field: string) => {
    const value = rest.get(field);
    rest.delete(field);
    return encodeURIComponent(String(value));
  });
  if (method === 'GET' || method === 'DELETE') return { method, path: path + queryOf(rest), body: null };
  return { method, path, body: JSON.stringify(Object.fromEntries(rest)) };
}

/** Tells whether a body can be the answer to a question. Why: a page that stays open meets the answers of other builds. */
export function isAnswer<K extends RouteName>(name: K, body: unknown): body is Answer<K> {
  if (typeof body !== 'object' || body === null) return false;
  return ROUTES[name].keys.every((key) => Object.hasOwn(body, key));
}

function queryOf(rest: ReadonlyMap<string, unknown>): string {
  if (rest.size === 0) return '';
  return `?${new URLSearchParams([...rest].map(([key, value]) => [key, String(value)])).toString()}`;
}
