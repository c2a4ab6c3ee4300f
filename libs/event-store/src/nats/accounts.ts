import { setTimeout as delay } from 'node:timers/promises';

import { createAccount, encodeGeneric, fromPublic, fromSeed, type KeyPair } from '@nats-io/jwt';
import type { NatsConnection } from '@nats-io/nats-core';
import { encodeToken } from '@syncline/events';
import { CommandRefused, type AgentAccess } from '@syncline/kernel';
import { z } from 'zod';

import { agentUser, applierAccount, applierUser } from '../accounts/claims.js';
import type { ProvisionerKeys } from '../accounts/installation.js';
import { clustersPerAccount, type Share } from '../accounts/shares.js';
import { EventStoreError } from '../event-store-error.js';
import { openConnection } from './connection.js';

const requestMs = 10_000;
const claims = z.object({ iat: z.int(), nats: z.unknown() });

/** What a token says; nothing where there is none yet. */
const claimsIn = (jwt: string): z.infer<typeof claims> | undefined => {
  const text = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString();
  return text === '' ? undefined : claims.parse(JSON.parse(text));
};

const haveEqualRights = (one: string, other: string): boolean =>
  JSON.stringify(claimsIn(one)?.nats) === JSON.stringify(claimsIn(other)?.nats);

/**
 * Waits until a token that is issued now has a later second than this one. A server that starts again takes the later of
 * the account it was configured with and the one it was given since, and within one second it cannot tell them apart.
 */
const untilLaterThan = async (jwt: string): Promise<void> => {
  const { iat = 0 } = claimsIn(jwt) ?? {};
  await delay(Math.max(0, Math.min((iat + 1) * 1000 - Date.now(), 1_000)));
};

const operatorOf = ({ operatorSeed }: ProvisionerKeys): KeyPair =>
  fromSeed(new TextEncoder().encode(operatorSeed));

const keyOf = (userKey: string): KeyPair => {
  try {
    return fromPublic(userKey);
  } catch {
    throw new CommandRefused('user-key-invalid', `${userKey} is not the public key of a NATS user.`);
  }
};

const unknownApplier = (applier: string): EventStoreError =>
  new EventStoreError('log-forbidden', `there is no applier ${applier} in this installation`, applier);

/** The accounts of appliers at a running server: made, extended and ended there without a restart. */
export class Accounts {
  /** Of each account, the encoded names of the clusters that it has the rights to. */
  readonly #granted = new Map<string, string>();

  constructor(
    private readonly keys: ProvisionerKeys | undefined,
    private readonly servers: string,
  ) {}

  /**
   * A new account's public key, and the token by which the holder of `userKey` connects to it for one cluster. The
   * account's own seed is forgotten: nobody can make a second user of it.
   */
  async admit(applier: string, cluster: string, userKey: string): Promise<AgentAccess> {
    this.#keysFor(applier);
    const account = createAccount();
    const subjects = { applier: encodeToken(applier), cluster: encodeToken(cluster) };
    const token = await agentUser(subjects, keyOf(userKey), account);
    return { account: account.getPublicKey(), token };
  }

  /** The public key of the account by which an applier reaches a share of its clusters; `agent` is an agent's only one. */
  accountOf(applier: string, { access }: Share, agent: string | undefined): string {
    const account = access?.account ?? agent ?? this.#keysFor(applier).appliers[applier];
    if (account === undefined) throw unknownApplier(applier);
    return account;
  }

  /** How many clusters an account of the applier is given; no limit where it can be given no second account. */
  roomOf(applier: string): number {
    return this.keys?.users?.[applier] === undefined ? Infinity : clustersPerAccount;
  }

  /** One more account for an applier, to which it connects with the key that it has. */
  async open(applier: string): Promise<AgentAccess> {
    const user = this.#keysFor(applier).users?.[applier];
    if (user === undefined) throw unknownApplier(applier);
    const account = createAccount();
    return {
      account: account.getPublicKey(),
      token: await applierUser(encodeToken(applier), keyOf(user), account),
    };
  }

  /** Gives each of an applier's accounts the rights to its clusters, and no others; those that have them are left alone. */
  async grant(applier: string, shares: readonly Share[], agent: string | undefined): Promise<void> {
    const keys = this.#keysFor(applier);
    const wanted = shares
      .map((share) => ({
        account: this.accountOf(applier, share, agent),
        tokens: share.clusters.map(encodeToken),
      }))
      .filter(({ account, tokens }) => this.#granted.get(account) !== tokens.join());
    if (wanted.length === 0) return;
    const isAgent = agent !== undefined;
    await this.#asProvisioner(keys, (system) =>
      Promise.all(
        wanted.map(async ({ account, tokens }) => {
          const jwt = (): Promise<string> =>
            applierAccount(
              { applier: encodeToken(applier), account, isAgent },
              keys.hub,
              operatorOf(keys),
              tokens,
            );
          await this.#update(system, account, jwt);
          this.#granted.set(account, tokens.join());
        }),
      ),
    );
  }

  /** Looks again at what the accounts have the rights to, as somebody else may have changed it. */
  forget(): void {
    this.#granted.clear();
  }

  async #update(system: NatsConnection, account: string, issue: () => Promise<string>): Promise<void> {
    const lookUp = async (): Promise<string> =>
      (
        await system.request(`$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, '', { timeout: requestMs })
      ).string();
    const before = await lookUp();
    if (before !== '' && haveEqualRights(before, await issue())) return;
    await untilLaterThan(before);
    const jwt = await issue();
    await system.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: requestMs });
    if ((await lookUp()) === jwt) return;
    this.#granted.delete(account);
    throw new EventStoreError(
      'log-forbidden',
      `the server did not take the rights of account ${account}`,
      account,
    );
  }

  /** Ends an agent's account: who is connected by it is cut off at once, and nobody connects by it again. */
  async revoke(account: string): Promise<void> {
    const keys = this.#keysFor(account);
    const operator = operatorOf(keys);
    this.#granted.delete(account);
    const claim = await encodeGeneric('revoke', operator, 'generic', { accounts: [account] });
    await this.#asProvisioner(keys, (system) =>
      system.request('$SYS.REQ.CLAIMS.DELETE', claim, { timeout: requestMs }),
    );
  }

  #keysFor(what: string): ProvisionerKeys {
    if (this.keys) return this.keys;
    throw new EventStoreError('log-forbidden', `only api may change accounts, such as that of ${what}`, what);
  }

  async #asProvisioner(
    keys: ProvisionerKeys,
    work: (system: NatsConnection) => Promise<unknown>,
  ): Promise<void> {
    const { servers } = this;
    const system = await openConnection({ servers, credentials: keys.system, name: 'provisioner' });
    try {
      await work(system);
    } finally {
      await system.close();
    }
  }
}
