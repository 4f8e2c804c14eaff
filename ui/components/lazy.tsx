import { useSignal } from '@preact/signals';
import type { ComponentChildren, FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';

export interface LazyProps<P> {
  readonly load: () => Promise<FunctionComponent<P>>;
  readonly props: P;
  /** Shown until it is there, and instead of it when it cannot be had. */
  readonly meanwhile: (state: 'loading' | 'failed') => ComponentChildren;
}

/** A component out of a chunk of its own. Why not preact/compat: its lazy() brings more code than the chunk saves at first. */
export function Lazy<P extends object>({ load, props, meanwhile }: LazyProps<P>) {
  const state = useSignal<'loading' | 'failed' | { readonly component: FunctionComponent<P> }>('loading');
  useEffect(() => {
    load().then(
      (component) => (state.value = { component }),
      () => (state.value = 'failed'),
    );
  }, []);
  const found = state.value;
  if (typeof found === 'string') return <>{meanwhile(found)}</>;
  const Loaded = found.component;
  return <Loaded {...props} />;
}
