import { expect, it } from 'vitest';

import { PAGE_HEADERS, renderPage } from '../../../worker/page.ts';

it('shows text as text, whatever is in it', () => {
  const page = renderPage({ title: '<script>alert(1)</script>', text: `"'&<img src=x onerror=alert(1)>` });
  expect(page).toContain('<title>&lt;script&gt;alert(1)&lt;/script&gt;</title>');
  expect(page).toContain('<p>&quot;&#39;&amp;&lt;img src=x onerror=alert(1)&gt;</p>');
  expect(page).not.toMatch(/<script|<img/);
});

it('lets nothing run or load, and tells nobody the address that brought the code', () => {
  expect(PAGE_HEADERS['content-security-policy']).toContain("default-src 'none'");
  expect(PAGE_HEADERS['referrer-policy']).toBe('no-referrer');
  expect(PAGE_HEADERS['cache-control']).toBe('no-store');
});
