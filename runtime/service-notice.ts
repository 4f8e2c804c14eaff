import { spawnDetached } from './detached.ts';

/**
 * Tells systemd that this service serves, when it was systemd that started it.
 * Why: Node cannot write to a datagram socket of Unix, so the tool that comes with systemd does.
 */
export async function tellSystemd(environment: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { NOTIFY_SOCKET, PATH } = environment;
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return;
  await spawnDetached({ command: 'systemd-notify', args: ['--ready'], env: { NOTIFY_SOCKET, PATH } });
}
