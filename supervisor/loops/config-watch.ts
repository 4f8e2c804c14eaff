import { isOmaError } from '../../contract/errors.ts';
import type { PartialSettings } from '../../contract/settings.ts';
import { effectiveSettings, settingsProblems } from '../core/settings.ts';
import { isoTime } from '../core/time.ts';
import type { Audit } from '../operations/audit.ts';
import type { Context } from '../operations/context.ts';
import { startFileWatch } from './file-watch.ts';

/** The file to watch, how it is read, and who takes its settings or the reason why there are none. */
export interface ConfigWatch {
  readonly file: string;
  read: (file: string) => Promise<PartialSettings>;
  readonly settings: {
    setRuntime: (settings: PartialSettings) => void;
    refuseFile: (problem: string) => void;
  };
  readonly audit: Audit;
}

/** Watches the runtime configuration; a file that is not valid leaves the last good settings in force, and status says so. */
export function startConfigWatch(context: Context, watch: ConfigWatch): () => Promise<void> {
  const reload = async (): Promise<void> => {
    try {
      const runtime = await watch.read(watch.file);
      const problem = contradiction(context, runtime);
      if (problem === null) take(context, watch, runtime);
      else refuse(context, watch, `The configuration file contradicts itself: ${problem}`);
    } catch (error) {
      refuse(
        context,
        watch,
        isOmaError(error) ? error.message : `The configuration file is of no use (${String(error)}).`,
      );
    }
  };
  return startFileWatch(context, {
    file: watch.file,
    tellsInitial: false,
    changed: () => void reload(),
    failed: (error) => {
      context.log.warn({ cause: String(error) }, 'the configuration file cannot be watched');
    },
  });
}

/** Says how these settings do not go together with those of the other layers; null = they do. */
function contradiction(context: Context, runtime: PartialSettings): string | null {
  const layers = { ...context.settings.layers(), runtime };
  const { settings } = effectiveSettings(context.store.read().settings.values, layers);
  return settingsProblems(settings)[0]?.message ?? null;
}

function take(context: Context, { settings, audit }: ConfigWatch, runtime: PartialSettings): void {
  const { runtime: before } = context.settings.layers();
  settings.setRuntime(runtime);
  audit.record(
    { actor: 'config-file', requestId: context.newId('config') },
    { action: 'settings.reload', target: null, detail: { before, after: runtime } },
  );
  context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['settings', 'accounts', 'status'] });
}

function refuse(context: Context, { settings }: ConfigWatch, problem: string): void {
  settings.refuseFile(problem);
  context.log.error({ problem }, 'the configuration file cannot be used; the last good one stays in force');
  context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['status'] });
}
