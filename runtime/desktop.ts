import { spawnDetached } from './detached.ts';

/** What a desktop shows. */
export interface DesktopMessage {
  readonly title: string;
  readonly message: string;
}

/** Variables by which a program finds the desktop of its user. */
const DESKTOP_ENVIRONMENT = [
  'PATH',
  'HOME',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_RUNTIME_DIR',
];

/** Shows a message on the desktop; answers whether its program took it. Shape: texts are arguments, never parts of a script. */
export async function showOnDesktop(
  { platform, env }: Pick<NodeJS.Process, 'platform' | 'env'>,
  { title, message }: DesktopMessage,
): Promise<boolean> {
  const script = 'on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run';
  const [command, args] =
    platform === 'darwin'
      ? ['osascript', ['-e', script, title, message]]
      : ['notify-send', ['--app-name=oma', '--', title, message]];
  const given = Object.fromEntries(DESKTOP_ENVIRONMENT.map((name) => [name, env[name]]));
  return (await spawnDetached({ command, args, env: given })) === 0;
}
