import { expect, it } from 'vitest';

import { passedOn } from '../../../runtime/passed-on.ts';

it("a supervisor is given oma's own variables and those it needs to live, and no other program's secrets", () => {
  const environment = {
    HOME: '/home/ann',
    PATH: '/bin',
    https_proxy: 'http://127.0.0.1:1',
    CODEX_CA_CERTIFICATE: '/etc/ca.pem',
    OPENCODE_MULTI_AUTH_PORT: '1',
    OPENCODE_MULTI_AUTH_ABSENT: undefined,
    OPENAI_API_KEY: 'secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    NODE_OPTIONS: '--inspect',
  };
  expect(passedOn(environment)).toEqual({
    HOME: '/home/ann',
    PATH: '/bin',
    https_proxy: 'http://127.0.0.1:1',
    CODEX_CA_CERTIFICATE: '/etc/ca.pem',
    OPENCODE_MULTI_AUTH_PORT: '1',
  });
});
