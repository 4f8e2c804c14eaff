import './badge.css';

import type { AccountView } from '../../contract/account.ts';
import type { Confidence } from '../../contract/limits.ts';
import { useApp } from '../app-context.ts';
import { clockTime } from '../format.ts';
import { SOURCES, type Tone } from '../words.ts';
import { Age } from './countdown.tsx';
import { Icon } from './icon.tsx';
import { barName } from './limit-bar.tsx';
import { Tip } from './tip.tsx';

const TONES: Readonly<Record<Confidence, Tone>> = { fresh: 'ok', stale: 'warn', error: 'bad', unknown: 'mute' };

const MEANINGS: Readonly<Record<Confidence, string>> = {
  fresh: 'Probed in the last five minutes.',
  stale: 'Probed more than five minutes ago; may have moved since.',
  error: 'The latest probe failed; these are the figures before it.',
  unknown: 'No completed probe in the last hour.',
};

/** One or two words with a tone; the shape differs too, so that colour is never alone. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span class="badge" data-tone={tone}>
      {children}
    </span>
  );
}

/** How far an account's figures can be trusted, where they come from, and how old they are. */
export function ConfidenceBadge({ account }: { readonly account: AccountView }) {
  const { now } = useApp();
  const { limitsConfidence, lastLimitProbeAt, limitError, probe, alias } = account;
  return (
    <span class="confidence" data-confidence={limitsConfidence}>
      <Tip label={`${limitsConfidence}: limits of ${alias}`} text={trustWords(account, now.peek())}>
        <Badge tone={TONES[limitsConfidence]}>{limitsConfidence}</Badge>
      </Tip>
      {limitError !== null && (
        <Tip tone="bad" label={`Last probe error of ${alias}`} text={limitError}>
          <Icon name="alert" />
        </Tip>
      )}
      <span class="confidence-from">
        {lastLimitProbeAt === null ? 'never probed' : <Age of={lastLimitProbeAt} />}
        {probe !== null && ` · ${SOURCES[probe.source].name}`}
      </span>
    </span>
  );
}

/** Says what the badge means and the exact times behind it, a line each. Why all in one: every tip is one more stop of the Tab key in each row. */
function trustWords({ limitsConfidence, lastLimitProbeAt, probe, windows }: AccountView, now: number): string {
  const clock = (iso: string): string => clockTime(Date.parse(iso), now);
  const source = probe === null ? '' : ` by ${SOURCES[probe.source].name}. ${SOURCES[probe.source].meaning}`;
  return [
    MEANINGS[limitsConfidence],
    ...(lastLimitProbeAt === null ? [] : [`Last completed probe: ${clock(lastLimitProbeAt)}${source}`]),
    ...windows.flatMap((window) =>
      window.resetsAt === null ? [] : [`${barName(window)} window resets: ${clock(window.resetsAt)}`],
    ),
  ].join('\n');
}
