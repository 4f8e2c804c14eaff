import { withDeadline } from './deadline.ts';
import { spawnDetached } from './detached.ts';

/** What a desktop shows. */
export interface DesktopMessage {
  readonly title: string;
  readonly message: string;
}

/** A program that has not ended by then found nobody who shows messages, in milliseconds. */
const SHOW_MS = 8_000;

/** Variables by which a program finds the desktop of its user. */
const DESKTOP_ENVIRONMENT = [
  'PATH',
  'HOME',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_RUNTIME_DIR',
];

const SCRIPT = 'on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run';

/** The program that shows messages, and what to do when it is not there or does not. */
interface Shower {
  readonly command: string;
  readonly args: (message: DesktopMessage) => readonly string[];
  readonly missing: string;
  readonly failed: string;
}

const LINUX: Shower = {
  command: 'notify-send',
  args: ({ title, message }) => ['--app-name=oma', '--', title, message],
  missing:
    'There is no notify-send here, which shows messages. Install it (Debian and Ubuntu: libnotify-bin, Fedora and Arch: libnotify).',
  failed:
    'notify-send found no desktop that shows it. The supervisor must be started inside of the desktop: "oma down", then "oma up --detach" in a terminal there.',
};

const MACOS: Shower = {
  command: 'osascript',
  args: ({ title, message }) => ['-e', SCRIPT, title, message],
  missing: 'There is no osascript on the PATH of the supervisor, which shows messages on macOS: add /usr/bin to it.',
  failed: 'macOS did not show it. Allow notifications of "Script Editor" in the system settings.',
};

/** Shows a message on the desktop. Shape: null = its program took it; else why not, and what to do. Texts are arguments, never parts of a script. */
export async function showOnDesktop(
  { platform, env }: Pick<NodeJS.Process, 'platform' | 'env'>,
  message: DesktopMessage,
): Promise<string | null> {
  const { command, args, missing, failed } = platform === 'darwin' ? MACOS : LINUX;
  const given = Object.fromEntries(DESKTOP_ENVIRONMENT.map((name) => [name, env[name]]));
  try {
    const showing = spawnDetached({ command, args: args(message), env: given });
    const code = await withDeadline(showing, SHOW_MS, () => new Error('nobody shows messages'));
    if (code === 0) return null;
    return code === null ? missing : failed;
  } catch {
    return failed;
  }
}
