// What OpenCode provides at run time; no package of ours has them.
declare module '@opentui/solid' {
  export const createElement: (kind: string) => object;
  export const insert: (parent: object, child: unknown) => unknown;
  export const spread: (node: object, props: object) => void;
}
declare module 'solid-js' {
  export const createSignal: <T>(value: T) => [read: () => T, write: (value: T) => unknown];
}
