import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';

import type { NoticeChannel, NoticeTest } from '../../contract/notice.ts';
import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import { Problem } from '../components/problem.tsx';
import { createMutation } from '../mutation.ts';

const CHANNELS: Readonly<Record<NoticeChannel, string>> = {
  toast: 'Inside OpenCode',
  desktop: 'On the desktop',
  webhook: 'Webhook',
  ntfy: 'ntfy',
};

/** Sends a test message to the channels as they are saved, and says of each what became of it. */
export function TestMessage() {
  const { api } = useApp();
  const tested = useSignal<readonly NoticeTest[]>([]);
  const { phase, error, run, dismiss } = useMemo(
    () => createMutation<null>(async () => (tested.value = (await api.call('notice.test', {})).channels)),
    [],
  );
  const on = tested.value.filter(({ result }) => result !== 'off');
  return (
    <div class="notice-test">
      <Button isBusy={phase.value === 'updating'} onClick={() => void run(null)}>
        Send a test message
      </Button>
      <span class="field-hint"> To the channels as they are saved.</span>
      {error.value !== null && <Problem error={error.value} onDismiss={dismiss} />}
      <div role="status">
        {tested.value.length > 0 && on.length === 0 && <p>No channel is on.</p>}
        {on.length > 0 && (
          <ul>
            {on.map(({ channel, result, message }) => (
              <li key={channel} class={result === 'failed' ? 'field-problem' : undefined}>
                <strong>{CHANNELS[channel]}</strong>: {message}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
