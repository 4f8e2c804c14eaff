import { expect, it } from 'vitest';

import { proxyOf } from '../../../runtime/proxy.ts';

const LOOPBACK = 'localhost,127.0.0.1,::1,[::1]';

it.each([
  ['nothing', {}, null],
  ['empty values', { HTTPS_PROXY: '', http_proxy: '' }, null],
  ['only exceptions', { NO_PROXY: 'a.test' }, null],
  ['a proxy for https', { HTTPS_PROXY: 'http://p:1' }, { https_proxy: 'http://p:1', no_proxy: LOOPBACK }],
  [
    'lower case before upper case',
    { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://p:2' },
    { https_proxy: 'http://p:2', no_proxy: LOOPBACK },
  ],
  [
    'both, with exceptions',
    { HTTP_PROXY: 'http://p:1', HTTPS_PROXY: 'http://p:2', NO_PROXY: 'a.test,b.test' },
    { http_proxy: 'http://p:1', https_proxy: 'http://p:2', no_proxy: `a.test,b.test,${LOOPBACK}` },
  ],
])('reads %s, and never sends loopback through a proxy', (_, environment, proxy) => {
  expect(proxyOf(environment)).toEqual(proxy);
});
