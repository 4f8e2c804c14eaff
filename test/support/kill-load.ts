import { isOmaError } from '../../contract/errors.ts';
import type { Outcome } from '../../contract/failure.ts';
import { logIn, refresh } from './durable-operations.ts';
import type { HurtOma } from './hurt-oma.ts';

type Client = HurtOma['client'];

/** One thing that one client changes again and again. Shape: `valueAfter` null = only the change itself will tell the value. */
interface Kind {
  readonly read: (oma: HurtOma) => Promise<string>;
  readonly valueAfter: (value: string, turn: number) => string | null;
  readonly change: (client: Client, wanted: string, oma: HurtOma) => Promise<unknown>;
}

/** What the model knows of it: after a kill it must be what was acknowledged last, or what was under way. */
interface Register extends Kind {
  readonly name: string;
  acknowledged: string;
  underWay: string | null;
}

/** What one life under load came to. Shape: `surprises` are refusals that only a mistake explains. */
export interface Life {
  readonly acknowledged: number;
  readonly surprises: readonly string[];
}

/** A load of durable changes, and the model that judges what is left of them. */
export interface KillLoad {
  /** Changes everything at once until the supervisor dies; calls back when so many changes are acknowledged. */
  live: (acknowledgements: number, kill: () => void) => Promise<Life>;
  /** Compares the supervisor that runs now with the model; answers what is lost, half done or kept secret. */
  judge: () => Promise<readonly string[]>;
}

/** Stands for a value that only the provider knew before the kill. */
const NEW_TOKEN = 'a new token';
const LEASING_CLIENTS = 2;

const KINDS: Readonly<Record<string, Kind>> = {
  'the switch and its reason': {
    read: async ({ client }) => {
      const { accounts } = await client['account.list']({});
      const account = accounts.find(({ alias }) => alias === 'a');
      return account?.enabled === false ? String(account.disableReason) : 'enabled';
    },
    valueAfter: (value, turn) => (value === 'enabled' ? `because ${String(turn)}` : 'enabled'),
    change: (client, wanted) =>
      client['account.set-enabled'](
        wanted === 'enabled' ? { alias: 'a', enabled: true } : { alias: 'a', enabled: false, reason: wanted },
      ),
  },
  'two settings at once': {
    read: async ({ client }) => {
      const { settings } = await client['settings.get']({});
      return `${String(settings.criticalThreshold)} ${String(settings.lowThreshold)}`;
    },
    valueAfter: (_, turn) => `${String(turn % 40)} ${String((turn % 40) + 50)}`,
    change: (client, wanted) => {
      const [criticalThreshold = 0, lowThreshold = 0] = wanted.split(' ').map(Number);
      return client['settings.update']({ criticalThreshold, lowThreshold });
    },
  },
  'the force': {
    read: async ({ client }) => (await client['force.get']({})).forcedAlias ?? 'none',
    valueAfter: (value) => (value === 'none' ? 'b' : 'none'),
    change: (client, wanted) =>
      wanted === 'none' ? client['force.clear']({}) : client['force.activate']({ alias: wanted }),
  },
  'an account that comes and goes': {
    read: async ({ client }) =>
      (await client['account.list']({})).accounts.some(({ alias }) => alias === 'd') ? 'there' : 'gone',
    valueAfter: (value) => (value === 'there' ? 'gone' : 'there'),
    change: async (client, wanted, oma) =>
      wanted === 'gone'
        ? client['account.remove']({ alias: 'd' })
        : client['account.import']({ source: 'file', path: await oma.importFile('d'), dryRun: false }),
  },
  'a login': {
    read: async (oma) => (await oma.tokens()).get('c') ?? 'none',
    valueAfter: () => null,
    change: (client, _, { simulator }) => refresh({ client, simulator }, 'c'),
  },
};

/** Creates the load over a supervisor that has the accounts a, b and c. */
export async function killLoad(oma: HurtOma): Promise<KillLoad> {
  const registers = await Promise.all(
    Object.entries(KINDS).map(async ([name, kind]): Promise<Register> => {
      return { name, ...kind, acknowledged: await kind.read(oma), underWay: null };
    }),
  );
  let turn = 0;
  return {
    live: async (acknowledgements, kill) => {
      const surprises: string[] = [];
      let acknowledged = 0;
      const untilItDies = async (name: string, act: (client: Client) => Promise<unknown>): Promise<void> => {
        const client = await oma.connect();
        try {
          for (;;) await act(client);
        } catch (error) {
          if (!isOmaError(error, 'CONNECTION_CLOSED')) surprises.push(`${name}: ${String(error)}`);
        }
      };
      const changing = registers.map((register) =>
        untilItDies(register.name, async (client) => {
          await change(register, { client, oma, turn: (turn += 1) });
          acknowledged += 1;
          if (acknowledged === acknowledgements) kill();
        }),
      );
      const leasing = Array.from({ length: LEASING_CLIENTS }, () => untilItDies('a lease', lease));
      await Promise.all([...changing, ...leasing]);
      return { acknowledged, surprises };
    },
    judge: async () => (await Promise.all(registers.map((register) => judge(register, oma)))).flat(),
  };
}

async function change(
  register: Register,
  { client, oma, turn }: { readonly client: Client; readonly oma: HurtOma; readonly turn: number },
): Promise<void> {
  const wanted = register.valueAfter(register.acknowledged, turn);
  register.underWay = wanted ?? NEW_TOKEN;
  const told = await register.change(client, wanted ?? '', oma);
  register.acknowledged = wanted ?? String(told);
  register.underWay = null;
}

async function lease(client: Client): Promise<void> {
  const { leaseId } = await client['lease.acquire']({
    ...{ requestId: 'load', sessionId: null, rootSessionId: null, model: null },
    ...{ attempt: 1, exclude: ['c'] },
  });
  await client['lease.report']({ leaseId, outcome: SUCCESS });
}

const SUCCESS: Outcome = {
  ...{ kind: 'success', status: 200, retryAtMs: null, limitId: null, errorCode: null },
  ...{ phase: 'complete', firstByteMs: 1, durationMs: 1 },
};

async function judge(register: Register, oma: HurtOma): Promise<readonly string[]> {
  const { name, acknowledged, underWay } = register;
  const found = await register.read(oma);
  register.acknowledged = found;
  register.underWay = null;
  if (underWay === NEW_TOKEN) {
    const problems = found === acknowledged ? await judgeLogin(oma) : [];
    register.acknowledged = await register.read(oma);
    return problems;
  }
  if (found === acknowledged || found === underWay) return [];
  return [`${name}: found "${found}", acknowledged was "${acknowledged}", under way "${underWay ?? 'nothing'}"`];
}

/** A refresh token that was spent when the supervisor died is named, never guessed; a person logs in again. */
async function judgeLogin(oma: HurtOma): Promise<readonly string[]> {
  const { openRefreshes } = await oma.client['status.get']({});
  const isNamed = openRefreshes.some(({ alias }) => alias === 'c');
  const isGood = await refresh(oma, 'c').then(
    () => true,
    () => false,
  );
  if (!isGood) await logIn(oma, 'account.reauth', 'c');
  return isGood || isNamed ? [] : ['a login: its refresh token is spent and nobody says so'];
}
