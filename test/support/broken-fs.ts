import type { FileHandle } from 'node:fs/promises';

import type { StoreFs } from '../../supervisor/store/store-fs.ts';

/** The ways in which a write order can be wrong; each must be found by whoever proves the order. */
export const BREAKAGES = ['no-fsync', 'fsync-after-rename', 'no-directory-fsync', 'early-ack'] as const;
export type Breakage = (typeof BREAKAGES)[number];

/** A file system that leaves out or moves an fsync behind the store's back. */
export function brokenFs(fs: StoreFs, breakage: Breakage): StoreFs {
  const skips = (path: string): boolean =>
    path.endsWith('-tmp') ? breakage !== 'no-directory-fsync' : breakage === 'no-directory-fsync';
  if (breakage === 'early-ack') return fs;
  return {
    ...fs,
    open: async (...args: Parameters<StoreFs['open']>) => {
      const handle = await fs.open(...args);
      return skips(String(args[0])) ? withoutSync(handle) : handle;
    },
    rename: async (from: string, to: string) => {
      await fs.rename(from, to);
      if (breakage !== 'fsync-after-rename' || !from.endsWith('.oma-tmp')) return;
      const handle = await fs.open(to, 'r');
      await handle.sync();
      await handle.close();
    },
  } as StoreFs;
}

function withoutSync(handle: FileHandle): FileHandle {
  return new Proxy(handle, {
    get: (target, key) => {
      if (key === 'sync') return () => Promise.resolve();
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
