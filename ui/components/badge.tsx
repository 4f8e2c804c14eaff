import './badge.css';

import type { AccountView } from '../../contract/account.ts';
import type { Confidence } from '../../contract/limits.ts';
import { SOURCES, type Tone } from '../words.ts';
import { Age } from './countdown.tsx';
import { Icon } from './icon.tsx';
import { Tip } from './tip.tsx';

const TONES: Readonly<Record<Confidence, Tone>> = { fresh: 'ok', stale: 'warn', error: 'bad', unknown: 'mute' };

const MEANINGS: Readonly<Record<Confidence, string>> = {
  fresh: 'Probed in the last five minutes.',
  stale: 'Probed more than five minutes ago; may have moved since.',
  error: 'The latest probe failed; these are the figures before it.',
  unknown: 'No completed probe in the last hour.',
};

/** One or two words with a tone; the shape differs too, so that colour is never alone. */
export function Badge({
  tone,
  children,
  title,
}: {
  readonly tone: Tone;
  readonly children: string;
  readonly title?: string;
}) {
  return (
    <span class="badge" data-tone={tone} title={title}>
      {children}
    </span>
  );
}

/** How far an account's figures can be trusted, where they come from, and how old they are. */
export function ConfidenceBadge({ account }: { readonly account: AccountView }) {
  const { limitsConfidence, lastLimitProbeAt, limitError, probe, alias } = account;
  return (
    <span class="confidence" data-confidence={limitsConfidence}>
      <Badge tone={TONES[limitsConfidence]} title={MEANINGS[limitsConfidence]}>
        {limitsConfidence}
      </Badge>
      {limitError !== null && (
        <Tip tone="bad" label={`Last probe error of ${alias}`} text={limitError}>
          <Icon name="alert" />
        </Tip>
      )}
      <span class="confidence-from">
        {lastLimitProbeAt === null ? 'never probed' : <Age of={lastLimitProbeAt} />}
        {probe !== null && <span title={SOURCES[probe.source].meaning}> · {SOURCES[probe.source].name}</span>}
      </span>
    </span>
  );
}
