import type { Alias } from '../../contract/scalars.ts';
import { findSeat } from '../core/access.ts';
import { adoptNewer } from '../core/credentials.ts';
import type { Account } from '../core/state.ts';
import { isoTime } from '../core/time.ts';
import type { CodexAuthFile } from './codex-auth-file.ts';
import type { Context } from './context.ts';

/** Keeps codex's own login file and the store from working against each other. */
export interface CodexAuthSync {
  /** Takes over newer tokens of any known seat; answers whose they were, null = nothing newer. */
  adoptAny: () => Promise<Alias | null>;
  /** Takes over newer tokens of this account; answers whether there were any. */
  adopt: (alias: Alias) => Promise<boolean>;
  /** Writes new tokens of the active account to codex, so that codex never spends a token of old. */
  follow: (account: Account) => Promise<void>;
}

/** Creates the synchronisation over the given context. */
export function createCodexAuthSync(context: Context, file: CodexAuthFile): CodexAuthSync {
  const adoptAny = async (): Promise<Alias | null> => {
    const found = await readQuietly(context, file);
    if (found === null) return null;
    const account = findSeat(context.store.read(), found.tokens);
    if (account === undefined) return null;
    const { tokens, refreshedAt } = found;
    const [, wouldAdopt] = adoptNewer(context.store.read(), { alias: account.alias, tokens, refreshedAt });
    if (!wouldAdopt) return null;
    const isAdopted = await context.store.transact(
      'credentials.adopt',
      (state) => adoptNewer(state, { alias: account.alias, tokens, refreshedAt }),
      'before-reply',
    );
    if (!isAdopted) return null;
    context.log.info({ alias: account.alias }, 'took over tokens that codex had renewed');
    context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['accounts'] });
    return account.alias;
  };
  return {
    adoptAny,
    adopt: async (alias) => (await adoptAny()) === alias,
    follow: async (account) => {
      if (context.store.read().activeAlias !== account.alias) return;
      const found = await readQuietly(context, file);
      const isOurs =
        found !== null &&
        found.tokens.accountId === account.seat.accountId &&
        found.tokens.userId === account.seat.userId;
      if (isOurs) await file.write(account);
    },
  };
}

async function readQuietly({ log }: Context, file: CodexAuthFile): ReturnType<CodexAuthFile['read']> {
  try {
    return await file.read();
  } catch (error) {
    log.warn({ cause: String(error) }, "codex's login file is not readable");
    return null;
  }
}
