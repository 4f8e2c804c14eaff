import type { Command } from '../command.ts';
import { add, reauth } from './accounts.ts';
import { serviceCommands } from './autostart.ts';
import { backup, restore } from './backup.ts';
import { completionCommand } from './completion.ts';
import { doctor } from './doctor.ts';
import { down } from './down.ts';
import { force } from './force.ts';
import { helpCommand } from './help.ts';
import { importCommand } from './import.ts';
import { list } from './list.ts';
import { logs } from './logs.ts';
import { notifyTest } from './notify.ts';
import { open } from './open.ts';
import { operationCommands } from './operation.ts';
import { pluginCommands } from './plugin.ts';
import { probe } from './probe.ts';
import { remove } from './remove.ts';
import { settingsCommands } from './settings.ts';
import { storeCheck } from './store.ts';
import { uninstall } from './uninstall.ts';
import { up } from './up.ts';
import { version } from './version.ts';
import { why } from './why.ts';

/** Every command, in the order of the help. */
export function commandTable(): readonly Command[] {
  const generic = operationCommands();
  const derived = (name: string): Command => {
    const found = generic.find((command) => command.name === name);
    if (found === undefined) throw new Error(`the table of operations has no verb "${name}"`);
    return found;
  };
  const commands: readonly Command[] = [
    up,
    down,
    derived('status'),
    list,
    add,
    reauth,
    importCommand,
    remove(derived('remove')),
    derived('enable'),
    derived('disable'),
    derived('switch'),
    force(derived('force')),
    probe,
    why,
    ...settingsCommands,
    notifyTest(derived('notify test')),
    ...pluginCommands,
    ...serviceCommands,
    logs,
    open,
    doctor,
    backup,
    restore,
    storeCheck,
    uninstall,
    completionCommand(() => commands),
    version,
    helpCommand(() => commands),
  ];
  return commands;
}
