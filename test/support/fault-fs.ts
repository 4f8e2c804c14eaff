import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';

import { NODE_FS, type StoreFs } from '../../supervisor/store/store-fs.ts';

/** One call to the file system. Shape: `what` is such as `open accounts.json.oma-tmp` or `rename a -> b`, with base names only. */
export interface FsCall {
  readonly what: string;
  readonly errno: string | null;
}

/** Says which call fails, and how: an errno, or null to let it pass. */
export type Spoil = (what: string) => string | null;

/** The real file system with a witness, and with calls that fail on demand. */
export interface FaultFs {
  readonly fs: StoreFs;
  readonly calls: FsCall[];
  /** From now on these calls fail; null = none. */
  spoil: (spoil: Spoil | null) => void;
}

/** Creates a witness over the real file system. */
export function createFaultFs(): FaultFs {
  const calls: FsCall[] = [];
  let spoilNow: Spoil | null = null;

  const witness = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    const errno = spoilNow?.(what) ?? null;
    calls.push({ what, errno });
    if (errno !== null) throw systemError(errno, what);
    return run();
  };

  const watched = (handle: FileHandle, name: string): FileHandle =>
    new Proxy(handle, {
      get: (target, key) => {
        if (key === 'writeFile')
          return (data: string, options: BufferEncoding) =>
            witness(`write ${name}`, () => target.writeFile(data, options));
        if (key === 'sync') return () => witness(`fsync ${name}`, () => target.sync());
        if (key === 'close') return () => target.close().then(() => witness(`close ${name}`, () => Promise.resolve()));
        if (key === 'then') return undefined;
        if (key === 'stat') return (options: { bigint: true }) => target.stat(options);
        throw new Error(`the store uses FileHandle.${String(key)}, which the witness does not know`);
      },
    });

  const one =
    (name: keyof StoreFs) =>
    (path: string, ...rest: unknown[]) =>
      witness(`${name} ${basename(path)}`, () =>
        (NODE_FS[name] as (...args: unknown[]) => Promise<unknown>)(path, ...rest),
      );
  const two =
    (name: keyof StoreFs) =>
    (from: string, to: string, ...rest: unknown[]) =>
      witness(`${name} ${basename(from)} -> ${basename(to)}`, () =>
        (NODE_FS[name] as (...args: unknown[]) => Promise<unknown>)(from, to, ...rest),
      );

  const fs = {
    ...Object.fromEntries(
      (['chmod', 'mkdir', 'readdir', 'readFile', 'realpath', 'rm', 'stat'] as const).map((name) => [name, one(name)]),
    ),
    ...Object.fromEntries((['copyFile', 'link', 'rename'] as const).map((name) => [name, two(name)])),
    open: (path: string, flags: string, mode?: number) =>
      witness(`open ${basename(path)}`, async () => watched(await NODE_FS.open(path, flags, mode), basename(path))),
  } as unknown as StoreFs;

  return {
    fs,
    calls,
    spoil: (spoil) => {
      spoilNow = spoil;
    },
  };
}

/** Makes every call fail whose description matches. */
export function failing(pattern: RegExp, errno: string): Spoil {
  return (what) => (pattern.test(what) ? errno : null);
}

/** An error as the system throws it. */
export function systemError(errno: string, what: string): Error {
  return Object.assign(new Error(`${errno}: made up by the test, ${what}`), { code: errno });
}
