import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as z from 'zod';

import type { PlacedEntry } from './opencode-places.ts';
import { readText } from './text-file.ts';

/** Another plugin that answers for OpenAI logins. Shape: `where` names it, a file or a variable; null = it only lies where OpenCode loads it. */
export interface Rival {
  readonly spec: string;
  readonly where: string | null;
}

/** Names of plugins that take over the logins of OpenAI all say so. */
const RIVAL = /(?:codex|openai|chatgpt).*auth|auth.*(?:codex|openai|chatgpt)/i;

const packageSchema = z.looseObject({ name: z.string() });

/** Finds those that answer for OpenAI logins among plugins that are not of oma. */
export async function rivalsAmong(
  entries: readonly PlacedEntry[],
  scripts: readonly string[],
): Promise<readonly Rival[]> {
  const named = await Promise.all(
    entries.map(async ({ spec, where }) => ((await namesOf(spec, where)).some(isRivalName) ? [{ spec, where }] : [])),
  );
  const lying = scripts.filter((script) => isRivalName(stem(script))).map((spec) => ({ spec, where: null }));
  return [...named.flat(), ...lying];
}

function isRivalName(name: string): boolean {
  return RIVAL.test(name);
}

/** Why: of a path only what the plugin itself is called counts; a directory above it says nothing about it. */
async function namesOf(spec: string, where: string): Promise<readonly string[]> {
  const path = pathOf(spec, where);
  if (path === null) return packageNames(spec);
  const name = await packageNameAbove(path);
  return name === null ? [stem(path)] : [stem(path), name];
}

function pathOf(spec: string, where: string): string | null {
  if (spec.startsWith('file://')) return URL.canParse(spec) ? fileURLToPath(spec) : spec.slice('file://'.length);
  if (spec.startsWith('/')) return spec;
  return /^\.{1,2}\//.test(spec) ? join(dirname(where), spec) : null;
}

/** Names the package of an npm spec: `name@version`, `alias@npm:name`, or where its source lies. */
export function packageNames(spec: string): readonly string[] {
  const alias = /^(.+)@npm:(.+)$/.exec(spec);
  if (alias !== null) return [...packageNames(alias[1] ?? ''), ...packageNames(alias[2] ?? '')];
  const isPlain = /^(?:@[^/@]+\/)?[^/@:]+(?:@.*)?$/.test(spec);
  if (isPlain) return [spec.replace(/(?!^)@.*$/, '')];
  return [basename(spec.replace(/#.*$/, '')).replace(/\.(?:git|tgz)$/, '')];
}

async function packageNameAbove(path: string): Promise<string | null> {
  for (let directory = path; ; directory = dirname(directory)) {
    const text = await readText(join(directory, 'package.json')).catch(() => null);
    const found = text === null ? null : packageSchema.safeParse(jsonOf(text));
    if (found?.success === true) return found.data.name;
    if (dirname(directory) === directory) return null;
  }
}

function stem(path: string): string {
  return basename(path, extname(path));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
