import { resolve } from 'node:path';

import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { supportBundle, toldFinding } from '../doctor/bundle.ts';
import { examine, mend } from '../doctor/examine.ts';
import { EXIT } from '../exit.ts';
import { usage } from '../parse.ts';
import { doctorText } from '../render/doctor.ts';
import { isThere, replaceText } from '../text-file.ts';

const BUNDLE_MODE = 0o600;

/** Looks for what is not well, and says what to do about it. */
export const doctor = command({
  name: 'doctor',
  summary: 'Looks for what is not well and says what to do about it.',
  flags: {
    fix: {
      summary:
        'Mends what needs no decision: permissions, a stale socket, drafts left behind, the plugin in OpenCode’s configuration.',
    },
    bundle: { summary: 'Writes a file for whoever helps you, without secrets, e-mails and home paths.', value: 'FILE' },
    overwrite: { summary: 'Lets --bundle replace a file of that name.' },
  },
  uses: ['status.get', 'account.list', 'diagnosis.get'],
  startsNothing: true,
  unwell: 'there is a problem; warnings and notes alone leave it 0',
  more: 'Works with and without a running supervisor, and starts none.',
  run: async (context, input) => {
    const file = await bundleFile(context, input.value('bundle'), input.has('overwrite'));
    const before = await examine(context);
    const { fixed, failed } = input.has('fix') ? await mend(before.findings) : { fixed: [], failed: [] };
    const examination = fixed.length === 0 ? before : await examine(context);
    if (file !== null) {
      const text = await supportBundle(context, examination);
      await replaceText(file, text, { mode: BUNDLE_MODE, backup: false, keepMode: false });
    }
    const findings = examination.findings.map(toldFinding);
    const isWell = findings.every(({ level }) => level !== 'problem');
    const json = { ok: isWell, fixed, failed, bundle: file, findings };
    return { json, text: doctorText(json, context.paint), exit: isWell ? EXIT.ok : EXIT.unwell };
  },
});

/** Why: refused before anything is looked at or mended, so that nothing of that is lost. */
async function bundleFile(context: Context, name: string | undefined, mayReplace: boolean): Promise<string | null> {
  if (name === undefined) {
    if (mayReplace) throw usage('--overwrite goes with --bundle', 'name the file');
    return null;
  }
  const file = resolve(context.cwd, name);
  if (!mayReplace && (await isThere(file)))
    throw usage(`there is a file of that name already: ${file}`, 'choose another name, or add --overwrite');
  return file;
}
