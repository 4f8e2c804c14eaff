import type { Simulator } from '../../cli/simulator/server.ts';

/** Asks the simulator for a model answer as a seat would. */
export async function askModel(
  simulator: Simulator,
  login: { accessToken: string; accountId: string },
  body: Record<string, unknown> = {},
): Promise<Response> {
  return fetch(`${simulator.baseUrl}/codex/responses`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${login.accessToken}`,
      'chatgpt-account-id': login.accountId,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ model: 'gpt-5.5', stream: true, store: false, input: 'hello', ...body }),
  });
}
