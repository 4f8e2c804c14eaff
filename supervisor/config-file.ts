import { readFile } from 'node:fs/promises';

import { isLoopbackHost } from '../contract/address.ts';
import { OmaError } from '../contract/errors.ts';
import { type PartialSettings, partialSettingsSchema } from '../contract/settings.ts';

/**
 * Reads the runtime configuration: a JSON object with some of the settings.
 * Errors: CONFIG_INVALID naming field and constraint, NON_LOOPBACK_HOST.
 */
export async function readConfigFile(path: string): Promise<PartialSettings> {
  const parsed = partialSettingsSchema.safeParse(parseJson(await readText(path)));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`);
    throw new OmaError(
      'CONFIG_INVALID',
      `The configuration file is not valid (${problems.join('; ')}). Correct it and try again.`,
      { problems },
    );
  }
  if (parsed.data.dashboardHost !== undefined && !isLoopbackHost(parsed.data.dashboardHost)) {
    throw new OmaError(
      'NON_LOOPBACK_HOST',
      'The configuration file names an address that is not loopback. Use 127.0.0.1, ::1 or localhost.',
    );
  }
  return parsed.data;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new OmaError(
      'CONFIG_INVALID',
      'The configuration file does not exist or cannot be read. Check --config.',
      undefined,
      error,
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new OmaError('CONFIG_INVALID', 'The configuration file is not JSON. Correct it and try again.');
  }
}
