import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

import { expect, it } from 'vitest';

import { secretSchema } from '../../../contract/scalars.ts';
import type { RefreshAnswer } from '../../../contract/worker-operations.ts';
import { everythingOf, useHttp, useWorker } from '../../support/worker.ts';

/** Says everything it was sent back to the client, in one of many places. */
type Echo = (response: ServerResponse, heard: string) => void;

const json = (status: number, body: (heard: string) => unknown): Echo => {
  return (response, heard) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body(heard)));
};

const ECHOES: readonly (readonly [string, Echo])[] = [
  ['as the code of an error', json(401, (heard) => ({ error: { code: heard, message: heard } }))],
  ['as the error itself', json(400, (heard) => ({ error: heard, error_description: heard }))],
  ['as the detail', json(403, (heard) => ({ detail: { code: heard } }))],
  [
    'as the name of a field',
    json(200, (heard) => ({ [heard]: heard, rate_limit: { primary_window: { [heard]: 1 } } })),
  ],
  ['as an access token that is none', json(200, (heard) => ({ access_token: heard, id_token: heard }))],
  ['in a list where a meter should be', json(200, (heard) => ({ rate_limit: null, additional_rate_limits: [heard] }))],
  ['in a page', (response, heard) => response.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${heard}</p>`)],
  ['in half a JSON text', (response, heard) => response.writeHead(200).end(`{"access_token":"${heard}`)],
  [
    'in the address of a redirect',
    (response, heard) =>
      response.writeHead(302, { location: `http://127.0.0.1:1/?${encodeURIComponent(heard)}` }).end(),
  ],
  [
    'in the reason phrase',
    (response, heard) => response.writeHead(500, heard.replace(/[^\w.-]/g, '_').slice(0, 200)).end(),
  ],
  [
    'in an answer that breaks off',
    (response, heard) => response.writeHead(200, { 'content-length': 1e6 }).write(heard, () => response.destroy()),
  ],
];

it.each(ECHOES)('nothing that leaves the worker repeats a secret that the provider says back %s', async (_, echo) => {
  const heard: string[] = [];
  const issuerUrl = await useHttp((request, response) => {
    void hear(request).then((said) => {
      heard.push(said);
      echo(response, said);
    });
  });
  const worker = useWorker();
  const refreshToken = secretSchema.parse('rt_PLANTEDrefresh');
  const accessToken = secretSchema.parse('PLANTEDaccess.token.x');
  const left: unknown[] = [
    withoutGranted(await worker['token.refresh']({ issuerUrl, refreshToken })),
    await worker['usage.read']({ baseUrl: issuerUrl, accessToken, accountId: 'ws-1' }),
    await worker['login.begin']({ loginId: 'device', method: 'device', issuerUrl }).catch(caught),
  ];
  const { url } = await worker['login.begin']({ loginId: 'paste', method: 'paste', issuerUrl });
  await worker['login.paste']({
    loginId: 'paste',
    pasted: `?code=ac_PLANTEDcode&state=${new URL(url).searchParams.get('state') ?? ''}`,
  });
  left.push(await worker['login.finish']({ loginId: 'paste' }).catch(caught));
  left.push(
    await worker['login.paste']({ loginId: 'paste', pasted: '?code=ac_PLANTEDcode&state=PLANTED' }).catch(caught),
  );

  const said = left.map(everythingOf).join('\n');
  expect(
    heard.join('\n').match(/rt_PLANTEDrefresh|PLANTEDaccess|ac_PLANTEDcode|code_verifier=[\w-]{86}/g),
  ).toHaveLength(4);
  const verifier = /code_verifier=([\w-]{86})/.exec(heard.join('\n'))?.[1] ?? '';
  expect(said).not.toContain('PLANTED');
  expect(said).not.toContain(verifier);
});

/** The tokens of a refresh that was granted are what it is for: the supervisor gets them, whatever they hold. */
function withoutGranted(answer: { readonly status: RefreshAnswer['status'] }): unknown {
  return answer.status === 'granted' ? { ...answer, tokens: null } : answer;
}

async function hear(request: IncomingMessage): Promise<string> {
  return `${request.headers.authorization ?? ''} ${await text(request)}`;
}

function caught(error: unknown): unknown {
  expect(error).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
  return error;
}
