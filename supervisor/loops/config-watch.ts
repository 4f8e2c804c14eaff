import { isOmaError } from '../../contract/errors.ts';
import type { PartialSettings } from '../../contract/settings.ts';
import { effectiveSettings, settingsProblems } from '../core/settings.ts';
import { isoTime } from '../core/time.ts';
import type { Audit } from '../operations/audit.ts';
import type { Context } from '../operations/context.ts';
import { startFileWatch } from './file-watch.ts';

/** The file to watch, how it is read, and who takes its settings. */
export interface ConfigWatch {
  readonly file: string;
  read: (file: string) => Promise<PartialSettings>;
  apply: (settings: PartialSettings) => void;
  readonly audit: Audit;
}

/** Watches the runtime configuration; a file that is not valid leaves the last good settings in force. */
export function startConfigWatch(context: Context, { file, read, apply, audit }: ConfigWatch): () => Promise<void> {
  const reload = async (): Promise<void> => {
    try {
      const runtime = await read(file);
      const { settings } = effectiveSettings(context.store.read().settings.values, {
        ...context.settings.layers(),
        runtime,
      });
      const problems = settingsProblems(settings);
      if (problems.length > 0) {
        context.log.error({ problems }, 'the configuration file contradicts itself; the last good one stays in force');
        return;
      }
      const { runtime: before } = context.settings.layers();
      apply(runtime);
      audit.record(
        { actor: 'config-file', requestId: context.newId('config') },
        { action: 'settings.reload', target: null, detail: { before, after: runtime } },
      );
      context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['settings', 'accounts', 'status'] });
    } catch (error) {
      context.log.error(
        { cause: isOmaError(error) ? error.message : String(error) },
        'the configuration file cannot be used; the last good one stays in force',
      );
    }
  };
  return startFileWatch(context, {
    file,
    tellsInitial: false,
    changed: () => void reload(),
    failed: (error) => {
      context.log.warn({ cause: String(error) }, 'the configuration file cannot be watched');
    },
  });
}
