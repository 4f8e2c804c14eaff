import { fileURLToPath } from 'node:url';

import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

/** The dashboard. Relative addresses, nothing inlined: the door serves it under a strict content security policy. */
export default defineConfig({
  root: fileURLToPath(new URL('ui', import.meta.url)),
  base: './',
  plugins: [preact()],
  build: { outDir: fileURLToPath(new URL('dist/ui', import.meta.url)), emptyOutDir: true, assetsInlineLimit: 0 },
});
