import type { ComponentChildren } from 'preact';

import type { AccountView } from '../../contract/account.ts';
import { Age, Countdown } from '../components/countdown.tsx';
import { BLOCKERS, SOURCES } from '../words.ts';

const HEALTH: Readonly<Record<AccountView['health'], string>> = {
  healthy: 'healthy',
  cooldown: 'cooling down after failures',
  probation: 'on probation: one more failure doubles its cooldown',
};

/** The small print of an account: where figures come from, how its login stands, how much it was used. */
export function AccountFacts({ account }: { readonly account: AccountView }) {
  const {
    probe,
    blockers,
    health,
    cooldownReason,
    auth,
    authReason,
    tokenExpiresAt,
    usageCount,
    lastUsedAt,
    weight,
    modelCooldowns,
    seat,
    addedAt,
  } = account;
  return (
    <section class="panel section" aria-label="Details">
      <h2>Details</h2>
      <dl class="facts">
        <Fact name="Can serve">{blockers.length === 0 ? 'yes' : <Blockers account={account} />}</Fact>
        <Fact name="Health">
          {HEALTH[health]}
          {cooldownReason !== null && ` (${cooldownReason})`}
        </Fact>
        <Fact name="Sign-in">
          {auth === 'needs-login'
            ? `must be renewed${authReason === null ? '' : `: ${authReason}`}`
            : auth === 'ok'
              ? 'ok'
              : 'token is about to be renewed'}
        </Fact>
        <Fact name="Access token">
          lasts <Countdown until={tokenExpiresAt} over="no longer; renewed when needed" />
        </Fact>
        <Fact name="Used">
          {usageCount} times
          {lastUsedAt !== null && (
            <>
              , last <Age of={lastUsedAt} />
            </>
          )}
        </Fact>
        <Fact name="Weight">{weight}</Fact>
        {modelCooldowns.length > 0 && (
          <Fact name="Models cooling down">
            {modelCooldowns.map(({ model, until }) => (
              <div key={model}>
                {model}, back in <Countdown until={until} />
              </div>
            ))}
          </Fact>
        )}
        {probe !== null && (
          <>
            <Fact name="Last completed probe">
              {SOURCES[probe.source].name}, <Age of={probe.at} />
            </Fact>
            {probe.model !== null && (
              <Fact name="Probe model">{`${probe.model}${probe.effort === null ? '' : `, effort ${probe.effort}`}`}</Fact>
            )}
            {probe.codexVersion !== null && <Fact name="codex">{probe.codexVersion}</Fact>}
            {probe.sessionFile !== null && <Fact name="Session file">{probe.sessionFile}</Fact>}
          </>
        )}
        <Fact name="Seat">
          <code>{seat}</code>
        </Fact>
        <Fact name="Added">
          <Age of={addedAt} />
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Blockers({ account }: { readonly account: AccountView }) {
  return (
    <>
      {account.blockers.map(({ code, until, detail }) => (
        <div key={code}>
          no: {BLOCKERS[code]}
          {until !== null && (
            <>
              , back in <Countdown until={until} />
            </>
          )}
          {detail !== null && ` — ${detail}`}
        </div>
      ))}
    </>
  );
}
