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
  const { blockers, health, cooldownReason, usageCount, lastUsedAt, weight, seat, addedAt } = account;
  return (
    <section class="panel section" aria-label="Details">
      <h2>Details</h2>
      <dl class="facts">
        <Fact name="Can serve">{blockers.length === 0 ? 'yes' : <Blockers account={account} />}</Fact>
        <Fact name="Health">{cooldownReason === null ? HEALTH[health] : `${HEALTH[health]} (${cooldownReason})`}</Fact>
        <LoginFacts account={account} />
        <Fact name="Used">
          {usageCount === 1 ? 'once' : `${usageCount} times`}
          {lastUsedAt !== null && (
            <>
              , last <Age of={lastUsedAt} isExact />
            </>
          )}
        </Fact>
        <Fact name="Weight">{weight}</Fact>
        <ModelFacts account={account} />
        <ProbeFacts account={account} />
        <Fact name="Seat">
          <code>{seat}</code>
        </Fact>
        <Fact name="Added">
          <Age of={addedAt} isExact />
        </Fact>
      </dl>
    </section>
  );
}

function LoginFacts({ account }: { readonly account: AccountView }) {
  const { auth, authReason, tokenExpiresAt } = account;
  const words = {
    ok: 'ok',
    expiring: 'token is about to be renewed',
    'needs-login': `must be renewed: ${authReason ?? 'no reason given'}`,
  };
  return (
    <>
      <Fact name="Sign-in">{words[auth]}</Fact>
      <Fact name="Access token">
        lasts <Countdown until={tokenExpiresAt} over="no longer; renewed when needed" />
      </Fact>
    </>
  );
}

function ModelFacts({ account }: { readonly account: AccountView }) {
  if (account.modelCooldowns.length === 0) return null;
  return (
    <Fact name="Models cooling down">
      {account.modelCooldowns.map(({ model, until }) => (
        <div key={model}>
          {model}, back in <Countdown until={until} isExact />
        </div>
      ))}
    </Fact>
  );
}

function ProbeFacts({ account }: { readonly account: AccountView }) {
  const { probe } = account;
  if (probe === null) return null;
  const { source, at, model, effort, codexVersion, sessionFile } = probe;
  return (
    <>
      <Fact name="Last completed probe">
        {SOURCES[source].name}, <Age of={at} isExact />
      </Fact>
      {model !== null && <Fact name="Probe model">{effort === null ? model : `${model}, effort ${effort}`}</Fact>}
      {codexVersion !== null && <Fact name="codex">{codexVersion}</Fact>}
      {sessionFile !== null && <Fact name="Session file">{sessionFile}</Fact>}
    </>
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
              , back in <Countdown until={until} isExact />
            </>
          )}
          {detail !== null && ` — ${detail}`}
        </div>
      ))}
    </>
  );
}
