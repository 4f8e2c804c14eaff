import * as z from 'zod';

import { type AccountView, accountViewSchema } from '../../contract/account.ts';
import { OmaError } from '../../contract/errors.ts';
import { forceViewSchema } from '../../contract/force.ts';
import type { CliVerb, Operation, OperationTable } from '../../contract/operation.ts';
import { type OperationName, OPERATIONS, type Operations } from '../../contract/operations.ts';
import { statusSchema } from '../../contract/status.ts';
import type { Command, Flag, Flags, Input } from '../command.ts';
import { lookOf } from '../context.ts';
import { accountsText, accountText } from '../render/accounts.ts';
import { noticeTestText } from '../render/notices.ts';
import { forceText, statusText, type ViewLook } from '../render/status.ts';
import { AS_IS, type Session, STARTING } from '../session.ts';
import { withSession } from '../with-session.ts';

/** Operations that the table gives a verb. */
type VerbOperation = {
  [K in OperationName]: Operations[K] extends { cli: readonly CliVerb[] } ? K : never;
}[OperationName];
type Show = (result: unknown, look: ViewLook) => string;

/** How each of them is shown to people; a verb without a line here is a compile error. */
const SHOWS: Readonly<Record<VerbOperation, Show>> = {
  'status.get': show(statusSchema, statusText),
  'notice.test': show(OPERATIONS['notice.test'].result, noticeTestText),
  'account.list': show(OPERATIONS['account.list'].result, ({ accounts }, look) => accountsText(accounts, look)),
  'account.remove': show(
    OPERATIONS['account.remove'].result,
    ({ alias }) => `${alias} is removed; its credentials are no longer in the store.`,
  ),
  'account.set-enabled': show(accountViewSchema, enabledText),
  'account.switch': show(accountViewSchema, ({ alias }) => `codex itself is logged in as ${alias} now.`),
  'force.activate': show(forceViewSchema, (force, look) => `Forced: ${forceText(force, look)}`),
};

/** Only looking at how things stand must not start anything. */
const NEVER_STARTS: ReadonlySet<OperationName> = new Set(['status.get']);

/** What a field of parameters says about itself. */
const fieldsSchema = z.record(
  z.string(),
  z.object({ type: z.string().optional(), description: z.string().default('') }),
);
type Fields = z.infer<typeof fieldsSchema>;

/** Makes the commands that the table of operations describes. */
export function operationCommands(): readonly Command[] {
  return Object.keys(OPERATIONS)
    .filter(hasVerb)
    .flatMap((name) => OPERATIONS[name].cli.map((verb) => operationCommand(name, verb)));
}

function operationCommand(name: VerbOperation, verb: CliVerb): Command {
  const operation: Operation = OPERATIONS[name];
  const fields = fieldsOf(operation.params);
  const names = verb.args ?? [];
  const flags = flagsOf(fields, [...names, ...Object.keys(verb.fixed ?? {})]);
  return {
    name: verb.verb,
    summary: verb.summary ?? operation.summary,
    args: names.map((field) => ({ name: field.toUpperCase(), summary: fields[field]?.description ?? '' })),
    flags: Object.fromEntries(flags.map(({ flagName, flag }) => [flagName, flag])),
    uses: [name],
    ...(NEVER_STARTS.has(name) ? { startsNothing: true } : {}),
    run: (context, input) => {
      const given = Object.fromEntries(
        flags.map(({ field, flagName, flag }) => [
          field,
          flag.value === undefined ? input.has(flagName) || undefined : input.value(flagName),
        ]),
      );
      const params = checkParams(operation.params, { ...argsOf(names, input), ...given, ...verb.fixed });
      return withSession(context, NEVER_STARTS.has(name) ? AS_IS : STARTING, async (session) => {
        const result = await callByName(session, name, params);
        return { json: result, text: SHOWS[name](result, lookOf(context)) };
      });
    },
  };
}

/**
 * Checks parameters that came from a command line.
 * Errors: INVALID_PARAMS naming the field and what is wrong with it.
 */
export function checkParams<T>(schema: z.ZodType<T>, params: unknown): T {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the command line'}: ${issue.message}`,
  );
  throw new OmaError('INVALID_PARAMS', `${problems.join('; ')} — correct it and try again`, { problems });
}

function show<T>(schema: z.ZodType<T>, toText: (result: T, look: ViewLook) => string): Show {
  return (result, look) => toText(schema.parse(result), look);
}

function enabledText(account: AccountView, look: ViewLook): string {
  if (!account.enabled) return `${account.alias} is disabled: it is neither used, probed nor refreshed.`;
  return account.eligible
    ? `${account.alias} is back in rotation.`
    : `${account.alias} is enabled, but: ${accountText(account, look)}`;
}

function hasVerb(name: string): name is VerbOperation {
  const table: OperationTable = OPERATIONS;
  return table[name]?.cli !== undefined;
}

async function callByName({ byName }: Session, name: OperationName, params: unknown): Promise<unknown> {
  const call = byName[name];
  if (call === undefined) throw new OmaError('INTERNAL', `the operation ${name} is missing — please report it`);
  return call(params);
}

function argsOf(names: readonly string[], { args }: Input): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name, index) => [name, args[index]]));
}

function fieldsOf(params: z.ZodType): Fields {
  return fieldsSchema.parse(z.toJSONSchema(params, { io: 'input' }).properties ?? {});
}

function flagsOf(
  fields: Fields,
  taken: readonly string[],
): readonly { readonly field: string; readonly flagName: string; readonly flag: Flag }[] {
  return Object.entries(fields)
    .filter(([field]) => !taken.includes(field))
    .map(([field, { type, description }]) => {
      const flagName = field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const value: Pick<Flags[string], 'value'> = type === 'boolean' ? {} : { value: field.toUpperCase() };
      return { field, flagName, flag: { summary: description, ...value } };
    });
}
