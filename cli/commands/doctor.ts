import { resolve } from 'node:path';

import { command } from '../command.ts';
import { supportBundle, toldFinding } from '../doctor/bundle.ts';
import { examine, mend } from '../doctor/examine.ts';
import { EXIT } from '../exit.ts';
import { doctorText } from '../render/doctor.ts';
import { replaceText } from '../text-file.ts';

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
  },
  uses: ['status.get', 'account.list', 'diagnosis.get'],
  startsNothing: true,
  unwell: 'there is a problem; warnings and notes alone leave it 0',
  more: 'Works with and without a running supervisor, and starts none.',
  run: async (context, input) => {
    const before = await examine(context);
    const { fixed, failed } = input.has('fix') ? await mend(before.findings) : { fixed: [], failed: [] };
    const examination = fixed.length === 0 ? before : await examine(context);
    const bundle = input.value('bundle');
    const file = bundle === undefined ? null : resolve(context.cwd, bundle);
    if (file !== null) {
      await replaceText(file, await supportBundle(context, examination), { mode: BUNDLE_MODE, backup: false });
    }
    const findings = examination.findings.map(toldFinding);
    const isWell = findings.every(({ level }) => level !== 'problem');
    const json = { ok: isWell, fixed, failed, bundle: file, findings };
    return { json, text: doctorText(json, context.paint), exit: isWell ? EXIT.ok : EXIT.unwell };
  },
});
