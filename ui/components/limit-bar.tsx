import './limit-bar.css';

import type { WindowView } from '../../contract/limits.ts';
import { useApp } from '../app-context.ts';
import { duration, percent, windowName } from '../format.ts';
import { Countdown } from './countdown.tsx';
import { Icon } from './icon.tsx';

export interface LimitBarProps {
  readonly window: WindowView;
  /** Named before the window when several meters exist. */
  readonly owner: string;
}

/** What is left of one window. Why "left" everywhere: a mix of used and left is the oldest misreading of such bars. */
export function LimitBar({ window, owner }: LimitBarProps) {
  const { settings } = useApp();
  const { remainingPercent, resetsAt, lastKnownUsedPercent } = window;
  const name = barName(window);
  if (remainingPercent === null)
    return <UnknownBar name={name} owner={owner} lastLeft={Math.max(0, 100 - lastKnownUsedPercent)} />;
  const thresholds = settings.view.value?.settings;
  const level = levelOf(remainingPercent, thresholds?.criticalThreshold ?? 0, thresholds?.lowThreshold ?? 0);
  const left = Math.min(100, remainingPercent);
  return (
    <div class="limit" data-level={level}>
      <div class="limit-words">
        <span class="limit-name">{name}</span>
        <strong>{percent(left)}</strong>
        <span class="limit-left">left</span>
        {resetsAt !== null && (
          <span class="limit-reset">
            <span class="limit-reset-word">resets in </span>
            <Icon name="clock" /> <Countdown until={resetsAt} />
          </span>
        )}
      </div>
      <div
        class="limit-bar"
        role="meter"
        aria-label={`${owner}, ${name} window`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(left)}
        aria-valuetext={meterText(left, level, resetsAt)}
      >
        <span class="limit-fill" style={{ inlineSize: `${left}%` }} />
        {thresholds !== undefined && (
          <span class="limit-mark" style={{ insetInlineStart: `${thresholds.criticalThreshold}%` }} />
        )}
      </div>
    </div>
  );
}

/** A window nobody knows anything certain about. Why: an empty bar would say 0 %. */
export function UnknownBar({
  name,
  owner,
  lastLeft,
}: {
  readonly name: string;
  readonly owner: string;
  readonly lastLeft: number | null;
}) {
  const was = lastLeft === null ? '' : `, was ${percent(lastLeft)}`;
  return (
    <div class="limit" data-level="unknown">
      <div class="limit-words">
        <span class="limit-name">{name}</span>
        <strong>unknown</strong>
        {lastLeft !== null && <span class="limit-reset">was {percent(lastLeft)}</span>}
      </div>
      <div class="limit-bar" role="img" aria-label={`${owner}, ${name} window: unknown${was}`} />
    </div>
  );
}

/** A window's name; a second meter brings its own. */
export function barName({ limitId, limitName, durationMinutes }: WindowView): string {
  const base = windowName(durationMinutes);
  return limitId === 'codex' ? base : `${limitName ?? limitId} ${base}`;
}

function levelOf(left: number, critical: number, low: number): 'ok' | 'low' | 'critical' {
  if (left < critical) return 'critical';
  return left < low ? 'low' : 'ok';
}

function meterText(left: number, level: string, resetsAt: string | null): string {
  const words = level === 'ok' ? '' : `, ${level}`;
  const reset = resetsAt === null ? '' : `, resets in ${duration(Date.parse(resetsAt) - Date.now())}`;
  return `${percent(left)} left${words}${reset}`;
}
