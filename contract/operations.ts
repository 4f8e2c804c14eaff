/* eslint-disable max-lines -- one table, read and compared as one; parts of it would hide what oma can be asked. */
import * as z from 'zod';

import { accountViewSchema } from './account.ts';
import { antigravityViewSchema } from './antigravity.ts';
import { auditEntrySchema } from './audit.ts';
import { BACKUP_PASSPHRASE_MIN, backupResultSchema, olderPolicySchema, restoreResultSchema } from './backup.ts';
import { decisionSchema } from './decision.ts';
import { diagnosisSchema } from './diagnosis.ts';
import type { ErrorCode } from './errors.ts';
import { forceViewSchema } from './force.ts';
import { clientKindSchema, helloSchema } from './handshake.ts';
import { leaseReportSchema, leaseRequestSchema, leaseSchema } from './lease.ts';
import { historyEntrySchema } from './limits.ts';
import { loginMethodSchema, loginViewSchema } from './login.ts';
import { noticeTestSchema } from './notice.ts';
import type { OperationTable } from './operation.ts';
import { probeRunViewSchema } from './probe.ts';
import { aliasSchema, idSchema, reasonSchema, secretSchema } from './scalars.ts';
import { partialSettingsSchema, presetSchema, settingsViewSchema, strategySchema } from './settings.ts';
import { statusSchema } from './status.ts';

const READ_MS = 5_000;
const CHANGE_MS = 15_000;
/** A lease may have to wait for one refresh. */
const LEASE_MS = 60_000;
const LOGIN_MS = 40_000;

const none = z.strictObject({});
const byAlias = z.strictObject({ alias: aliasSchema });
const byLogin = z.strictObject({ loginId: idSchema });
const storeErrors = ['STORE_UNWRITABLE'] as const satisfies readonly ErrorCode[];
const loginErrors = [
  'LOGIN_PORTS_BUSY',
  'UPSTREAM_UNREACHABLE',
  'UPSTREAM_INVALID_ANSWER',
  'CHILD_UNAVAILABLE',
  'OPERATION_IN_PROGRESS',
] as const satisfies readonly ErrorCode[];

/** The places where other tools keep their logins on this machine. */
export const importPlaceSchema = z.enum(['codex', 'upstream', 'oc-codex-multi-auth', 'opencode']);

/** Where an import comes from: one place, all of them, or a file. */
export const importSourceSchema = z.enum([...importPlaceSchema.options, 'everywhere', 'file']);

/** What an import did, or would do. */
export const importResultSchema = z.object({
  dryRun: z.boolean(),
  imported: z.array(z.object({ alias: aliasSchema, email: z.string().nullable(), planType: z.string().nullable() })),
  updated: z.array(z.object({ alias: aliasSchema, because: z.string() })),
  skipped: z.array(z.object({ name: z.string(), because: z.string() })),
  warnings: z.array(z.string()),
});

/**
 * THE table: everything a plugin, the CLI or the dashboard may ask of the supervisor.
 * Why: the socket, the HTTP routes, the CLI verbs and docs/CONTRACT.md are derived from it, so they cannot drift apart.
 */
export const OPERATIONS = {
  // ── session ──
  'session.hello': {
    summary: 'Says who is there; the first call on a connection.',
    params: helloSchema.extend({
      kind: clientKindSchema,
      host: z.string().max(64).nullable().describe('The program around it, such as "opencode 1.18.33".'),
    }),
    result: helloSchema.extend({ demo: z.boolean() }),
    errors: ['SUPERVISOR_INCOMPATIBLE'],
    deadlineMs: READ_MS,
    durability: 'none',
  },
  'session.subscribe': {
    summary: 'Sends events to this connection as notifications from now on.',
    params: none,
    result: none,
    errors: [],
    deadlineMs: READ_MS,
    durability: 'none',
  },
  // ── lease ──
  'lease.acquire': {
    summary: 'Chooses an account for one request and hands out its access token.',
    params: leaseRequestSchema,
    result: leaseSchema,
    errors: ['NO_ELIGIBLE_ACCOUNTS', 'CHILD_UNAVAILABLE', ...storeErrors],
    deadlineMs: LEASE_MS,
    durability: 'soon',
  },
  'lease.refresh': {
    summary:
      'After a 401: refreshes the token of the leased account, at most once however many ask, and leases it again.',
    params: z.object({ leaseId: idSchema }),
    result: leaseSchema,
    errors: [
      'LEASE_NOT_FOUND',
      'ACCOUNT_NEEDS_LOGIN',
      'REFRESH_REJECTED',
      'UPSTREAM_UNREACHABLE',
      'CHILD_UNAVAILABLE',
      'ACCOUNT_NOT_FOUND',
      'ACCOUNT_DISABLED',
      ...storeErrors,
    ],
    deadlineMs: LEASE_MS,
    durability: 'before-reply',
  },
  'lease.report': {
    summary: 'Says what became of a lease; the supervisor decides who is to blame.',
    params: leaseReportSchema,
    result: z.object({
      cooledUntilMs: z.int().nullable().describe('When the account is back, if it was cooled down.'),
    }),
    errors: ['LEASE_NOT_FOUND'],
    deadlineMs: READ_MS,
    durability: 'soon',
  },
  // ── status ──
  'status.get': {
    summary: 'Shows everything at a glance.',
    params: none,
    result: statusSchema,
    errors: [],
    deadlineMs: READ_MS,
    durability: 'none',
    http: { method: 'GET', path: '/api/status' },
    cli: [{ verb: 'status' }],
  },
  'supervisor.stop': {
    summary: 'Stops the supervisor in order.',
    params: none,
    result: none,
    errors: [],
    deadlineMs: CHANGE_MS,
    durability: 'none',
  },
  'dashboard.launch': {
    summary: 'Makes a launch address for the dashboard.',
    params: none,
    result: z.object({ url: z.string().nullable() }),
    errors: [],
    deadlineMs: READ_MS,
    durability: 'none',
  },
  // ── account ──
  'account.list': {
    summary: 'Lists all accounts with eligibility, health and limits.',
    params: none,
    result: z.object({ accounts: z.array(accountViewSchema) }),
    errors: [],
    deadlineMs: READ_MS,
    durability: 'none',
    http: { method: 'GET', path: '/api/accounts' },
    cli: [{ verb: 'list' }],
  },
  'account.history': {
    summary: 'Reads the history of limits of one account.',
    params: byAlias,
    result: z.object({ alias: aliasSchema, entries: z.array(historyEntrySchema) }),
    errors: ['ACCOUNT_NOT_FOUND'],
    deadlineMs: READ_MS,
    durability: 'none',
    http: { method: 'GET', path: '/api/accounts/:alias/history' },
  },
  'account.add': {
    summary: 'Begins the login of a new account.',
    params: z.strictObject({ alias: aliasSchema, method: loginMethodSchema.default('browser') }),
    result: loginViewSchema,
    errors: ['ALIAS_TAKEN', ...loginErrors],
    deadlineMs: LOGIN_MS,
    durability: 'none',
    http: { method: 'POST', path: '/api/accounts', status: 202 },
  },
  'account.import': {
    summary: 'Imports logins from codex, upstream, oc-codex-multi-auth, OpenCode, all of these, or a file.',
    params: z.strictObject({
      source: importSourceSchema,
      path: z.string().min(1).max(4_096).optional(),
      alias: aliasSchema.optional(),
      passphrase: z.string().min(1).max(1_024).optional(),
      dryRun: z.boolean().default(false),
    }),
    result: importResultSchema,
    errors: [
      'IMPORT_INVALID',
      'IMPORT_NOT_FOUND',
      'ALIAS_TAKEN',
      'STORE_PASSPHRASE_REQUIRED',
      'STORE_PASSPHRASE_WRONG',
      ...storeErrors,
    ],
    deadlineMs: CHANGE_MS,
    durability: 'before-reply',
    http: { method: 'POST', path: '/api/accounts/import' },
  },
  'account.remove': {
    summary: 'Removes an account and its credentials from the store.',
    params: byAlias,
    result: z.object({ alias: aliasSchema }),
    errors: ['ACCOUNT_NOT_FOUND', 'OPERATION_IN_PROGRESS', ...storeErrors],
    deadlineMs: CHANGE_MS,
    durability: 'before-reply',
    http: { method: 'DELETE', path: '/api/accounts/:alias' },
    cli: [{ verb: 'remove', args: ['alias'] }],
  },
  'account.set-enabled': {
    summary: 'Enables or disables one account.',
    params: z.strictObject({ alias: aliasSchema, enabled: z.boolean(), reason: reasonSchema.optional() }),
    result: accountViewSchema,
    errors: [
      'ACCOUNT_NOT_FOUND',
      'ALREADY_ENABLED',
      'ALREADY_DISABLED',
      'LAST_ENABLED_ACCOUNT',
      'OPERATION_IN_PROGRESS',
      ...storeErrors,
    ],
    deadlineMs: CHANGE_MS,
    durability: 'before-reply',
    http: { method: 'PUT', path: '/api/accounts/:alias/enabled' },
    cli: [
      { verb: 'enable', args: ['alias'], fixed: { enabled: true }, summary: 'Puts an account back into rotation.' },
      {
        verb: 'disable',
        args: ['alias'],
        fixed: { enabled: false },
        summary: 'Takes an account out of rotation; it is neither used, probed nor refreshed.',
      },
    ],
  },
  'account.reauth': {
    summary: 'Begins a new login of an account; only its credentials change, and only if the same seat logs in.',
    params: z.strictObject({ alias: aliasSchema, method: loginMethodSchema.default('browser') }),
    result: loginViewSchema,
    errors: ['ACCOUNT_NOT_FOUND', 'ACCOUNT_DISABLED', ...loginErrors],
    deadlineMs: LOGIN_MS,
    durability: 'none',
    http: { method: 'POST', path: '/api/accounts/:alias/reauth', status: 202 },
  },
  'account.switch': {
    summary: "Writes an account into codex's own login file.",
    params: byAlias,
    result: accountViewSchema,
    errors: [
      'ACCOUNT_NOT_FOUND',
      'ACCOUNT_DISABLED',
      'ACCOUNT_NEEDS_LOGIN',
      'REFRESH_REJECTED',
      'UPSTREAM_UNREACHABLE',
      'CHILD_UNAVAILABLE',
      ...storeErrors,
    ],
    deadlineMs: LEASE_MS,
    durability: 'before-reply',
    http: { method: 'POST', path: '/api/accounts/:alias/switch' },
    cli: [{ verb: 'switch', args: ['alias'] }],
  },
  // ── login ──
  'login.get': {
    summary: 'Shows how a login stands.',
    params: byLogin,
    result: loginViewSchema,
    errors: ['LOGIN_NOT_FOUND'],
    deadlineMs: READ_MS,
    durability: 'none',
    http: { method: 'GET', path: '/api/logins/:loginId' },
  },
  'login.list': {
    summary: 'Lists the logins under way or lately over.',
    params: none,
    result: z.object({ logins: z.array(loginViewSchema) }),
    errors: [],
    deadlineMs: READ_MS,
    durability: 'none',
    http: { method: 'GET', path: '/api/logins' },
  },
  'login.wait': {
    summary: 'Answers when the login is over, or after 25 s with how it stands.',
    params: byLogin,
    result: loginViewSchema,
    errors: ['LOGIN_NOT_FOUND'],
    deadlineMs: 30_000,
    durability: 'none',
  },
  'login.paste': {
    summary: 'Hands over the address that the browser showed at the end.',
    params: z.strictObject({ loginId: idSchema, pasted: z.string().min(1).max(8_192) }),
    result: loginViewSchema,
    errors: ['LOGIN_NOT_FOUND', 'LOGIN_REFUSED', 'CHILD_UNAVAILABLE'],
    deadlineMs: LOGIN_MS,
    durability: 'none',
    http: { method: 'POST', path: '/api/logins/:loginId/paste' },
  },
  'login.cancel': {
    summary: 'Cancels a login.',
    params: byLogin,
    result: loginViewSchema,
    errors: ['LOGIN_NOT_FOUND', 'CHILD_UNAVAILABLE'],
    deadlineMs: CHANGE_MS,
    durability: 'none',
    http: { method: 'POST', path: '/api/logins/:loginId/cancel' },
  },
  // ── force ──
  'force.get': {
    summary: 'Shows the force.',
    params: none,
    result: forceViewSchema,
    errors: [],
    deadlineMs: READ_MS,
    durability: 'none',
    http: { method: 'GET', path: '/api/force' },
  },
  'force.activate': {
    summary: 'Pins one account for 24 h, then returns to the strategy in force before.',
    params: byAlias,
    result: forceViewSchema,
    errors: ['ACCOUNT_NOT_FOUND', 'ACCOUNT_DISABLED', 'ACCOUNT_INELIGIBLE', ...storeErrors],
    deadlineMs: CHANGE_MS,
    durability: 'before-reply',
    http: { method: 'POST', path: '/api/force' },
    cli: [{ verb: 'force', args: ['alias'] }],
  },
  'force.clear': {
    summary: 'Ends the force and restores the strategy.',
    params: none,
    result: forceViewSchema,
    errors: ['FORCE_NOT_ACTIVE', ...storeErrors],
    deadlineMs: CHANGE_MS,
    durability: 'before-reply',
    http: { method: 'POST', path: '/api/force/clear' },
  },
  // ── settings ──
  'settings.get': {
    summary: 'Shows every setting with its origin.',
    params: none,
    result: settingsViewSchema,
    errors: [],
    deadlineMs: READ_MS,
    durability: 'none',
    http: { method: 'GET', path: '/api/settings' },
  },
  'settings.update': {
    summary: 'Changes settings, all of them or none.',
    params: partialSettingsSchema,
    result: settingsViewSchema,
    errors: ['INVALID_SETTINGS', 'SETTING_LOCKED', 'NON_LOOPBACK_HOST', ...storeErrors],
    deadlineMs: CHANGE_MS,
    durability: 'before-reply',
    http: { method: 'PUT', path: '/api/settings' },
  },
  'settings.reset': {
    summary: 'Forgets every persisted setting.',
    params: none,
    result: settingsViewSchema,
    errors: ['INVALID_SETTINGS', ...storeErrors],
    deadlineMs: CHANGE_MS,
    durability: 'before-reply',
    http: { method: 'POST', path: '/api/settings/reset' },
  },
  'settings.preset': {
    summary: 'Applies a preset of thresholds and weights.',
    params: z.strictObject({ preset: presetSchema }),
    result: settingsViewSchema,
    errors: ['INVALID_SETTINGS', 'SETTING_LOCKED', ...storeErrors],
    deadlineMs: CHANGE_MS,
    durability: 'before-reply',
    http: { method: 'POST', path: '/api/settings/preset' },
  },
  // ── probe ──
  'probe.start': {
    summary: 'Probes one account, some, or all enabled ones.',
    params: z.strictObject({
      alias: aliasSchema.optional(),
      aliases: z.array(aliasSchema).min(1).max(1_000).optional(),
      withoutModel: z.boolean().optional().describe('Leaves out codex-exec, the source that asks a model.'),
    }),
    result: probeRunViewSchema,
    errors: ['ACCOUNT_NOT_FOUND', 'ACCOUNT_DISABLED', 'OPERATION_IN_PROGRESS', 'CHILD_UNAVAILABLE', 'INVALID_SETTINGS'],
    deadlineMs: CHANGE_MS,
    durability: 'soon',
    http: { method: 'POST', path: '/api/probe', status: 202 },
  },
  'probe.get': {
    summary: 'Shows how a probe run stands.',
    params: z.strictObject({ probeId: idSchema }),
    result: probeRunViewSchema,
    errors: ['PROBE_NOT_FOUND'],
    deadlineMs: READ_MS,
    durability: 'none',
    http: { method: 'GET', path: '/api/probe/:probeId' },
  },
  // ── decisions ──
  'decision.list': {
    summary: 'Lists recent decisions, newest first, each with its reasons.',
    params: z.strictObject({
      limit: z.coerce.number().int().min(1).max(500).default(50),
      requestId: idSchema.optional(),
    }),
    result: z.object({ decisions: z.array(decisionSchema) }),
    errors: [],
    deadlineMs: READ_MS,
    durability: 'none',
    http: { method: 'GET', path: '/api/decisions' },
  },
  'decision.explain': {
    summary: 'Says which account the next request would get, and why; changes nothing.',
    params: z.strictObject({
      sessionId: z.string().min(1).max(256).optional(),
      model: z.string().min(1).max(128).optional(),
      strategy: strategySchema.optional(),
    }),
    result: decisionSchema,
    errors: [],
    deadlineMs: READ_MS,
    durability: 'none',
  },
  'audit.list': {
    summary:
      'Lists the changes since this supervisor started, newest first: who changed what; the log goes further back.',
    params: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
    result: z.object({ entries: z.array(auditEntrySchema) }),
    errors: [],
    deadlineMs: READ_MS,
    durability: 'none',
    http: { method: 'GET', path: '/api/audit' },
  },
  'notice.test': {
    summary: 'Sends a test message to every channel that is on, once, and says of each whether it arrived.',
    params: none,
    result: z.object({ channels: z.array(noticeTestSchema) }),
    errors: [],
    deadlineMs: CHANGE_MS,
    durability: 'none',
    http: { method: 'POST', path: '/api/notices/test' },
    cli: [{ verb: 'notify test' }],
  },
  'diagnosis.get': {
    summary: 'Says what only the processes at work know, for `oma doctor`.',
    params: none,
    result: diagnosisSchema,
    errors: [],
    deadlineMs: CHANGE_MS,
    durability: 'none',
  },
  // ── antigravity ──
  'antigravity.get': {
    summary: 'Shows the accounts and quotas of the antigravity plugin, when that is switched on.',
    params: none,
    result: antigravityViewSchema,
    errors: ['FEATURE_DISABLED'],
    deadlineMs: READ_MS,
    durability: 'none',
    http: { method: 'GET', path: '/api/antigravity' },
  },
  // ── store ──
  'store.check': {
    summary: 'Checks the store file on disk and every invariant.',
    params: none,
    result: z.object({
      ok: z.boolean(),
      file: z.string(),
      problems: z.array(z.string()),
      accounts: z.int(),
      encrypted: z.boolean(),
    }),
    errors: [],
    deadlineMs: CHANGE_MS,
    durability: 'none',
  },
  'store.backup': {
    summary: 'Writes accounts and settings into one encrypted file.',
    params: z.strictObject({
      path: z.string().min(1).max(4_096).describe('Absolute path of the new file.'),
      passphrase: z.string().min(BACKUP_PASSPHRASE_MIN).max(1_024).pipe(secretSchema),
      overwrite: z.boolean().default(false),
    }),
    result: backupResultSchema,
    errors: [...storeErrors],
    deadlineMs: CHANGE_MS,
    durability: 'before-reply',
  },
  'store.restore': {
    summary: 'Puts accounts and settings of a backup back; accounts that it does not know stay.',
    params: z.strictObject({
      path: z.string().min(1).max(4_096).describe('Absolute path of the backup.'),
      passphrase: secretSchema.optional(),
      dryRun: z.boolean().default(false),
      onOlder: olderPolicySchema.default('refuse'),
    }),
    result: restoreResultSchema,
    errors: [
      'IMPORT_NOT_FOUND',
      'IMPORT_INVALID',
      'BACKUP_OLDER',
      'INVALID_SETTINGS',
      'STORE_TOO_NEW',
      'STORE_PASSPHRASE_REQUIRED',
      'STORE_PASSPHRASE_WRONG',
      ...storeErrors,
    ],
    deadlineMs: CHANGE_MS,
    durability: 'before-reply',
  },
} as const satisfies OperationTable;
/** The table as a type: what clients and handlers of the supervisor are made from. */
export type Operations = typeof OPERATIONS;
/** The name of an operation of the supervisor. */
export type OperationName = keyof Operations;
