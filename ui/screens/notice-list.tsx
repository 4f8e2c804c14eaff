import './notice-list.css';

import { useApp } from '../app-context.ts';
import { IconButton } from '../components/button.tsx';
import { useShown } from '../components/who.tsx';

/** Passing messages, announced politely. */
export function NoticeList() {
  const { notices } = useApp();
  const shown = useShown();
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.list.value.map(({ id, tone, text }) => (
        <p key={id} class="notice" data-tone={tone}>
          {shown(text)}
          <IconButton icon="cross" label="Dismiss this message" onClick={() => notices.dismiss(id)} />
        </p>
      ))}
    </div>
  );
}
