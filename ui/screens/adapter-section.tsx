import { useSignal } from '@preact/signals';

import { Lazy } from '../components/lazy.tsx';
import type { SectionProps } from './setting-field.tsx';

/** Adapters outside the core. Why closed at first: none of them is named, nor its code loaded, before somebody asks for it. */
export function AdapterSection(props: SectionProps) {
  const isOpen = useSignal(props.view.settings.antigravityEnabled === true);
  return (
    <details
      class="panel section setting adapters"
      open={isOpen.value}
      onToggle={(event) => (isOpen.value = event.currentTarget.open)}
    >
      <summary>
        <h2>Experimental adapters</h2>
      </summary>
      {isOpen.value && (
        <Lazy
          load={async () => (await import('../antigravity/antigravity-settings.tsx')).AntigravitySettings}
          props={props}
          meanwhile={(state) =>
            state === 'failed' ? <p class="field-problem">Could not be loaded. Reload the page.</p> : null
          }
        />
      )}
    </details>
  );
}
