import {
  findNodeAtLocation,
  type JSONPath,
  type Node,
  parse,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import * as z from 'zod';

import { OmaError } from '../contract/errors.ts';

/** One entry of the list of plugins; `options` is null when there are none. */
export interface PluginEntry {
  readonly spec: string;
  readonly options: unknown;
}

const KEY = 'plugin';

const entrySchema = z.union([
  z.string().transform((spec): PluginEntry => ({ spec, options: null })),
  z.tuple([z.string(), z.unknown()]).transform(([spec, options]): PluginEntry => ({ spec, options })),
]);
const configSchema = z.looseObject({ [KEY]: z.array(entrySchema).default([]) });

/**
 * Lists the plugins of an OpenCode configuration, in order; null is no file.
 * Errors: CONFIG_INVALID with the line of the mistake.
 */
export function pluginEntries(text: string | null): readonly PluginEntry[] {
  const parsed = configSchema.safeParse(read(text ?? '{}'));
  if (parsed.success) return parsed.data[KEY];
  throw new OmaError(
    'CONFIG_INVALID',
    `OpenCode's configuration is not an object with a list "${KEY}" — correct it, nothing was changed`,
  );
}

/** Tells whether a configuration has a list of plugins, even an empty one. Errors: CONFIG_INVALID. */
export function hasPluginList(text: string): boolean {
  return pluginEntries(text).length > 0 || hasList(text);
}

/** The text of a configuration that holds nothing yet. */
export function newConfig(schema: string): string {
  return `{\n  "$schema": ${JSON.stringify(schema)}\n}\n`;
}

/** Puts a plugin at the end of the list and takes out those that it replaces; everything else stays to the letter, comments too. */
export function withPlugin(before: string, entry: PluginEntry, isReplaced: (entry: PluginEntry) => boolean): string {
  const ours = pluginEntries(before).filter(isReplaced);
  if (ours.length === 1 && JSON.stringify(ours[0]) === JSON.stringify(entry)) return before;
  const cleared = withoutEntries(before, isReplaced);
  const value = [entry.spec, entry.options];
  return hasList(cleared) ? append(cleared, [KEY], { value }) : append(cleared, [], { key: KEY, value: [value] });
}

/** Takes plugins out of the list, and the list when it becomes empty. */
export function withoutPlugins(text: string, isTaken: (entry: PluginEntry) => boolean): string {
  const after = withoutEntries(text, isTaken);
  return after !== text && pluginEntries(after).length === 0 ? remove(after, [KEY]) : after;
}

function withoutEntries(text: string, isTaken: (entry: PluginEntry) => boolean): string {
  const at = pluginEntries(text).findLastIndex(isTaken);
  return at === -1 ? text : withoutEntries(remove(text, [KEY, at]), isTaken);
}

function hasList(text: string): boolean {
  return findNodeAtLocation(treeOf(text), [KEY]) !== undefined;
}

function append(text: string, path: JSONPath, addition: Addition): string {
  const container = findNodeAtLocation(treeOf(text), path);
  if (container === undefined) throw new Error(`OpenCode's configuration has nothing at ${path.join('.')}`);
  const last = container.children?.at(-1);
  return last === undefined ? fill(text, container, addition) : addAfter(text, { container, last }, addition);
}

interface Addition {
  readonly value: unknown;
  readonly key?: string;
}

function fill(text: string, container: Node, addition: Addition): string {
  const { unit, eol } = styleOf(text);
  const outer = indentAt(text, container.offset) ?? '';
  const start = container.offset + 1;
  const rest = text.slice(start).replace(/^\s+/, '');
  return `${text.slice(0, start)}${eol}${outer}${unit}${written(addition, { unit, eol, indent: outer + unit })}${eol}${outer}${rest}`;
}

function addAfter(text: string, { container, last }: { container: Node; last: Node }, addition: Addition): string {
  const { unit, eol } = styleOf(text);
  const end = endOf(last);
  const indent = indentAt(text, last.offset);
  if (indent === null) return `${text.slice(0, end)}, ${written(addition, null)}${text.slice(end)}`;
  const comma = commaAfter(text, end);
  // What is on the rest of the line, such as a comment, belongs to the entry before.
  const at = lineEndAfter(text, (comma ?? end - 1) + 1, endOf(container) - 1);
  const added = `${eol}${indent}${written(addition, { unit, eol, indent })}${comma === null ? '' : ','}`;
  return `${text.slice(0, end)}${comma === null ? ',' : ''}${text.slice(end, at)}${added}${text.slice(at)}`;
}

// Not jsonc-parser's own `modify`: it drops comments and line ends around what it removes, and breaks lists without a space before the bracket.
function remove(text: string, path: JSONPath): string {
  const found = findNodeAtLocation(treeOf(text), path);
  const node = found?.parent?.type === 'property' ? found.parent : found;
  if (node === undefined) return text;
  const following = commaAfter(text, endOf(node));
  const end = following === null ? endOf(node) : following + 1;
  const head = text.slice(0, node.offset);
  const tail = text.slice(end);
  // Without its line end, a comment before it would swallow what follows on the same line.
  const isWholeLine = indentAt(text, node.offset) === null || /^[ \t]*\r?\n/.test(tail);
  const comma = following === null ? commaBefore(text, node) : null;
  return cutOut(isWholeLine ? head.trimEnd() : head, comma) + tail;
}

function commaBefore(text: string, node: Node): number | null {
  const before = node.parent?.children?.[node.parent.children.indexOf(node) - 1];
  return before === undefined ? null : commaAfter(text, endOf(before));
}

function cutOut(text: string, at: number | null): string {
  return at === null ? text : text.slice(0, at) + text.slice(at + 1);
}

function written({ value, key }: Addition, style: (Style & { readonly indent: string }) | null): string {
  const json =
    style === null
      ? JSON.stringify(value)
      : JSON.stringify(value, null, style.unit).replaceAll('\n', style.eol + style.indent);
  return key === undefined ? json : `${JSON.stringify(key)}: ${json}`;
}

// A comma inside a comment is none.
function commaAfter(text: string, offset: number): number | null {
  const at = endOfMatch(/(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/, text, offset);
  return text[at] === ',' ? at : null;
}

function lineEndAfter(text: string, offset: number, limit: number): number {
  return Math.min(endOfMatch(/(?:[ \t]|\/\*[\s\S]*?\*\/)*(?:\/\/[^\r\n]*)?/, text, offset), limit);
}

function endOfMatch(pattern: RegExp, text: string, offset: number): number {
  return offset + (new RegExp(pattern, 'y').exec(text.slice(offset))?.[0].length ?? 0);
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

// Null: something else stands before it on its line.
function indentAt(text: string, offset: number): string | null {
  const before = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^[ \t]*$/.test(before) ? before : null;
}

interface Style {
  readonly unit: string;
  readonly eol: string;
}

function styleOf(text: string): Style {
  return { unit: /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ', eol: text.includes('\r\n') ? '\r\n' : '\n' };
}

function treeOf(text: string): Node {
  const tree = parseTree(text.replace(/^\ufeff/, ' '), [], { allowTrailingComma: true });
  if (tree === undefined) throw new Error("OpenCode's configuration is empty");
  return tree;
}

function read(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text.replace(/^\ufeff/, ' '), errors, {
    allowTrailingComma: true,
    disallowComments: false,
  });
  const [error] = errors;
  if (error === undefined) return value;
  const line = text.slice(0, error.offset).split('\n').length;
  throw new OmaError(
    'CONFIG_INVALID',
    `OpenCode's configuration is not valid JSON: ${printParseErrorCode(error.error)} in line ${String(line)} — correct it, nothing was changed`,
    { line },
  );
}
