import type { NoticeKind } from '../../contract/notice.ts';
import { TestMessage } from './notice-test.tsx';
import { Origin, type SectionProps, TextField } from './setting-field.tsx';
import { SettingSwitch } from './setting-switch.tsx';

const EVENTS = [
  ['window-low', 'A limit is running low'],
  ['needs-login', 'An account needs a login'],
  ['pool-dry', 'No account can serve'],
  ['pool-recovered', 'Accounts are back'],
  ['force-expired', 'A pin has run out'],
] as const satisfies readonly (readonly [NoticeKind, string])[];

/** Of what a person is told, and where. */
export function NoticeSection(props: SectionProps) {
  const { view, draft, set } = props;
  return (
    <section class="panel section setting" aria-labelledby="notices">
      <h2 id="notices">Messages</h2>
      <fieldset class="choices" disabled={view.locked.includes('notifyEvents')}>
        <legend>
          Tell me when <Origin view={view} name="notifyEvents" />
        </legend>
        {EVENTS.map(([kind, label]) => (
          <label key={kind} class="choice">
            <input
              type="checkbox"
              checked={draft.notifyEvents.includes(kind)}
              onChange={(event) => {
                const isWanted = event.currentTarget.checked;
                const kinds = EVENTS.map(([known]) => known);
                set({
                  notifyEvents: kinds.filter((known) =>
                    known === kind ? isWanted : draft.notifyEvents.includes(known),
                  ),
                });
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <SettingSwitch
        {...{ view, name: 'notifyToast', isOn: draft.notifyToast }}
        label="Inside OpenCode"
        hint="A short message in the corner."
        onToggle={(notifyToast) => set({ notifyToast })}
      />
      <SettingSwitch
        {...{ view, name: 'notifyDesktop', isOn: draft.notifyDesktop }}
        label="On the desktop"
        hint="By notify-send on Linux, by the notification centre on macOS."
        onToggle={(notifyDesktop) => set({ notifyDesktop })}
      />
      <TextField
        {...props}
        name="notifyWebhookUrl"
        label="Webhook"
        hint="Gets JSON; empty = off. Shown only while you edit it: who knows it can write there."
        isSecret
      />
      <TextField
        {...props}
        name="notifyNtfyUrl"
        label="ntfy topic"
        hint="Such as https://ntfy.sh/your-topic; empty = off. Shown only while you edit it."
        isSecret
      />
      <TestMessage />
    </section>
  );
}
