import type { Composed } from './compose.ts';
import { readConfigFile } from './config-file.ts';
import { startCodexAuthWatch } from './loops/codex-auth-watch.ts';
import { startConfigWatch } from './loops/config-watch.ts';
import { startForceExpiryLoop } from './loops/force-expiry-loop.ts';
import { startNoticeLoop } from './loops/notice-loop.ts';
import { startProbeLoop } from './loops/probe-loop.ts';
import { startRefreshLoop } from './loops/refresh-loop.ts';
import { startSocketWatch } from './loops/socket-watch.ts';
import type { Context } from './operations/context.ts';
import type { ReloadableSettings } from './settings-source.ts';

/** What the loops work with. */
export interface LoopOptions {
  readonly context: Context;
  readonly operations: Composed;
  readonly configFile: string | null;
  readonly settings: ReloadableSettings;
  readonly socketPath: string;
  random: () => number;
  socketLost: () => void;
}

/** Starts everything that happens without being asked. */
export function startLoops(options: LoopOptions): { stop: () => Promise<void> } {
  const { context, operations, configFile, settings, socketPath, random, socketLost } = options;
  const timers = [
    startRefreshLoop(context, operations.refresher),
    startForceExpiryLoop(context, operations.force),
    startProbeLoop({ context, probes: operations.probes, random }),
    startNoticeLoop(context, operations.notices),
    startSocketWatch(context, { socketPath, lost: socketLost }),
  ];
  const watches = [
    startCodexAuthWatch(context, operations.codexSync),
    ...(configFile === null
      ? []
      : [
          startConfigWatch(context, {
            file: configFile,
            read: readConfigFile,
            settings,
            audit: operations.force.audit,
          }),
        ]),
  ];
  return {
    stop: async () => {
      for (const stop of timers) stop();
      await Promise.all(watches.map((stop) => stop()));
    },
  };
}
