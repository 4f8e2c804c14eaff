import type { AccountView } from '../../contract/account.ts';
import { MAIN_LIMIT_ID, type WindowView } from '../../contract/limits.ts';
import { maskText } from '../../contract/mask.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import { spanText } from '../words.ts';
import { blockedTexts, type Look, windowText } from './views.ts';

/** Everything that a person may want to know of one account: how it stands, every window, and what failed. */
export function detailsText(account: AccountView, look: Look): string {
  const { forced, active, authReason, auth } = account;
  const blocked = blockedTexts(account, look);
  const state = [
    ...(blocked.length === 0 ? ['can serve'] : blocked),
    ...(forced ? ['forced'] : []),
    ...(active ? ['codex uses it'] : []),
  ];
  return [
    `${maskText(account.alias)} ${state.join(', ')}.`,
    ...disabledTexts(account, look.now),
    ...(auth === 'needs-login' && authReason !== null ? [`Its login: ${maskText(authReason)}`] : []),
    '',
    ...limitTexts(account, look.now),
  ].join('\n');
}

function disabledTexts({ enabled, disabledAt, disabledBy }: AccountView, now: EpochMs): readonly string[] {
  if (enabled || disabledAt === null) return [];
  return [`Switched off ${spanText(now - Date.parse(disabledAt))} ago by ${disabledBy ?? 'nobody known'}.`];
}

function limitTexts(account: AccountView, now: EpochMs): readonly string[] {
  const { windows, lastLimitProbeAt, lastLimitErrorAt, limitError, limitsConfidence } = account;
  const ago = (at: string): string => `${spanText(now - Date.parse(at))} ago`;
  const source = windows[0]?.source;
  return [
    ...(windows.length === 0
      ? ['Limits unknown']
      : windows.map((each) => `${meterName(each)}${windowText(each, now)}${wasText(each)}`)),
    ...(lastLimitProbeAt === null
      ? ['No probe has succeeded yet.']
      : [`Read ${ago(lastLimitProbeAt)}${source === undefined ? '' : ` by ${source}`}: ${limitsConfidence}.`]),
    ...(limitError === null || lastLimitErrorAt === null
      ? []
      : [`The last probe failed ${ago(lastLimitErrorAt)}: ${maskText(limitError)}`]),
  ];
}

/** A figure that no longer counts is still worth to know, beside the word unknown. */
function wasText({ remainingPercent, lastKnownUsedPercent }: WindowView): string {
  return remainingPercent === null
    ? ` (was ${String(Math.max(0, Math.floor(100 - lastKnownUsedPercent)))} % left)`
    : '';
}

function meterName({ limitId, limitName }: WindowView): string {
  return limitId === MAIN_LIMIT_ID ? '' : `${limitName ?? limitId}: `;
}
