import './antigravity-panel.css';

import { useSignalEffect } from '@preact/signals';
import { useMemo } from 'preact/hooks';

import { ApiError } from '../api.ts';
import { useApp } from '../app-context.ts';
import { Countdown } from '../components/countdown.tsx';
import { Problem } from '../components/problem.tsx';
import { Alias, Email } from '../components/who.tsx';
import { percent } from '../format.ts';
import { createResource } from '../store/resource.ts';
import { type Antigravity, parseAntigravity } from './antigravity.ts';

/** The quotas of the antigravity plugin. Not: anything that oma routes by. */
export function AntigravityPanel() {
  const { api, settings } = useApp();
  const quotas = useMemo(
    () =>
      createResource<Antigravity>(async () => {
        const found = parseAntigravity(await api.read('/api/antigravity'));
        if (found === null)
          throw new ApiError(
            'UNKNOWN_ANSWER',
            'This page and the supervisor are of different versions. Reload the page.',
          );
        return found;
      }),
    [],
  );
  useSignalEffect(() => {
    // The settings are read again whenever anything may have changed.
    if (settings.view.value !== null) void quotas.refresh();
  });
  const { value, error } = quotas;
  return (
    <section class="panel section antigravity" aria-labelledby="antigravity">
      <h2 id="antigravity">Antigravity</h2>
      {error.value !== null && error.value.code !== 'FEATURE_DISABLED' && <Problem error={error.value} />}
      {value.value !== null && <Quotas found={value.value} />}
    </section>
  );
}

function Quotas({ found }: { readonly found: Antigravity }) {
  const { accounts, reserved, error } = found;
  return (
    <>
      {error !== null && <p class="field-problem">{error}</p>}
      {accounts.length === 0 && error === null && <p class="mute">The plugin has no accounts.</p>}
      {accounts.map(({ email, quotas }) => (
        <div key={email} class="antigravity-account">
          <h3>
            <Email address={email} />
          </h3>
          <dl>
            {quotas.map(({ model, remainingPercent, resetsAt }) => (
              <div key={model}>
                <dt>{model}</dt>
                <dd>
                  {remainingPercent === null ? 'unknown' : `${percent(remainingPercent)} left`}
                  {resetsAt !== null && (
                    <>
                      , resets in <Countdown until={resetsAt} />
                    </>
                  )}
                </dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
      {reserved.length > 0 && (
        <p class="mute">
          Kept for antigravity:{' '}
          {reserved.map((alias, index) => (
            <span key={alias}>
              {index > 0 && ', '}
              <Alias of={alias} />
            </span>
          ))}
        </p>
      )}
    </>
  );
}
