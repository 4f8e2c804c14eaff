import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block of shell commands and where it stands. */
export interface ShellBlock {
  readonly document: string;
  /** The heading above it, without its marks. */
  readonly heading: string;
  readonly script: string;
}

/** Every document that people read, by its path in the repository. The generated ones are checked by what generates them. */
export function documents(): readonly string[] {
  return globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT })
    .filter((path) => path !== 'docs/CLI.md' && path !== 'docs/CONTRACT.md')
    .sort();
}

/** Reads a document. */
export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Finds the blocks marked `sh` of a document, in order. */
export function shellBlocks(document: string): readonly ShellBlock[] {
  const blocks: ShellBlock[] = [];
  let heading = '';
  for (const [, title, script] of readDocument(document).matchAll(/^#+ (.+)$|^```sh\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    else blocks.push({ document, heading, script: script ?? '' });
  }
  return blocks;
}

/** The one block under a heading. Errors: there is none, or more than one. */
export function blockUnder(document: string, heading: string, index = 0): string {
  const block = shellBlocks(document).filter((one) => one.heading === heading)[index];
  if (block === undefined) throw new Error(`${document} has no such block under "${heading}"`);
  return block.script;
}

/** Splits a script into commands, without comments; `a && b` and `a || b` are two. */
export function commandsOf(script: string): readonly string[] {
  return script
    .split(/\n|&&|\|\|/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}
