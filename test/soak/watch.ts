import type { Status } from '../../contract/status.ts';
import { type Bench, SHAKY, STEADY, storedLimits } from './bench.ts';
import { processesOf } from './processes.ts';

/** Makes what takes the samples; it remembers the one before, to see what must not have changed. */
export function createWatch({ oma, journal, event, violation }: Bench): (elapsedMs: number) => Promise<void> {
  const aliases = [STEADY, ...SHAKY];
  const look = () => new Map(aliases.map((alias) => [alias, storedLimits(oma, alias)]));
  let before = look();
  let forced: Status['force'] | null = null;

  const watchLimits = (): void => {
    const now = look();
    for (const [alias, { windows, lastProbeAt }] of now) {
      const old = before.get(alias);
      if (old?.lastProbeAt !== lastProbeAt) event('probe-completed', alias);
      else if (old.windows !== windows) violation('limits changed without a completed probe', `${alias}: ${windows}`);
    }
    before = now;
  };
  const watchForce = ({ force }: Status): void => {
    if (forced?.active === true && !force.active && Date.now() >= Date.parse(forced.forcedUntil ?? ''))
      event('force-expired', `${String(forced.forcedAlias)} at ${String(forced.forcedUntil)}`);
    if (force.active && Date.now() > Date.parse(force.forcedUntil ?? '') + 60_000)
      violation('a force outlived its end', JSON.stringify(force));
    forced = force;
  };
  return async (elapsedMs) => {
    const status = await oma.json<Status>('status');
    journal.add({
      kind: 'sample',
      atMs: Date.now(),
      elapsedMs: Math.round(elapsedMs),
      supervisorPid: status.pid,
      eligible: (await oma.accounts()).filter(({ eligible }) => eligible).map(({ alias }) => alias),
      forcedAlias: status.force.forcedAlias,
      processes: [...processesOf(oma.root)],
    });
    const { needsLogin } = status.accounts;
    if (needsLogin.length > 0) violation('a login was lost', needsLogin.join(', '));
    watchLimits();
    watchForce(status);
  };
}
