import type { Notice } from '../../contract/notice.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Context } from './context.ts';

/** What telling a person needs. Shape: `onDesktop` answers whether it was shown. */
export interface NoticeDeps {
  readonly context: Context;
  readonly onDesktop: (notice: Notice) => Promise<boolean>;
}

/** Tells a person, everywhere the settings name; what cannot be delivered is logged and not tried again. */
export async function deliver(deps: NoticeDeps, notice: Notice): Promise<void> {
  const { context } = deps;
  const { settings } = context.settings.effective();
  context.log.info({ notice: notice.kind, message: notice.message }, 'notice');
  if (settings.notifyToast) context.emit({ type: 'notice', ...notice });
  const failures = await Promise.all([show(deps, settings, notice), ...targetsOf(settings).map(send(context, notice))]);
  for (const failure of failures)
    if (failure !== null) context.log.warn({ notice: notice.kind, ...failure }, 'a notice could not be delivered');
}

type Failure = { readonly sink: string; readonly cause: string } | null;

async function show({ onDesktop }: NoticeDeps, { notifyDesktop }: Settings, notice: Notice): Promise<Failure> {
  if (!notifyDesktop || (await onDesktop(notice))) return null;
  return { sink: 'desktop', cause: 'there is no desktop here, or no notify-send' };
}

function targetsOf({ notifyWebhookUrl, notifyNtfyUrl }: Settings) {
  const targets = [
    { format: 'webhook', url: notifyWebhookUrl },
    { format: 'ntfy', url: notifyNtfyUrl },
  ] as const;
  return targets.filter(({ url }) => url !== '');
}

function send({ worker }: Context, notice: Notice) {
  return async ({ format, url }: ReturnType<typeof targetsOf>[number]): Promise<Failure> => {
    try {
      const { sent, message } = await worker['notice.send']({ url, format, notice });
      return sent ? null : { sink: format, cause: message };
    } catch {
      return { sink: format, cause: 'the worker is down' };
    }
  };
}
