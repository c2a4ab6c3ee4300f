import { setTimeout as delay } from 'node:timers/promises';

import { createAccount, encodeGeneric, fromPublic, fromSeed, type KeyPair } from '@nats-io/jwt';
import type { NatsConnection } from '@nats-io/nats-core';
import { encodeToken } from '@syncline/events';
import { CommandRefused, type AgentAccess } from '@syncline/kernel';
import { z } from 'zod';

import { agentUser, applierAccount } from '../accounts/claims.js';
import type { ProvisionerKeys } from '../accounts/installation.js';
import { EventStoreError } from '../event-store-error.js';
import { openConnection } from './connection.js';

const requestMs = 10_000;
const issued = z.object({ iat: z.int() });

/**
 * Waits until a token that is issued now has a later second than this one. A server that starts again takes the later of
 * the account it was configured with and the one it was given since, and within one second it cannot tell them apart.
 */
const untilLaterThan = async (jwt: string): Promise<void> => {
  const claims = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString();
  if (claims === '') return;
  const { iat } = issued.parse(JSON.parse(claims));
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

/** The accounts of appliers at a running server: made, extended and ended there without a restart. */
export class Accounts {
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

  /** Gives an applier's account the rights to its clusters (encoded tokens), and no others. */
  async grant(applier: string, tokens: readonly string[], agent: string | undefined): Promise<void> {
    const keys = this.#keysFor(applier);
    const account = agent ?? keys.appliers[applier];
    if (account === undefined) {
      throw new EventStoreError(
        'log-forbidden',
        `there is no applier ${applier} in this installation`,
        applier,
      );
    }
    await this.#asProvisioner(keys, async (system) => {
      const lookUp = async (): Promise<string> =>
        (
          await system.request(`$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, '', { timeout: requestMs })
        ).string();
      await untilLaterThan(await lookUp());
      const jwt = await applierAccount(
        { applier: encodeToken(applier), account, isAgent: agent !== undefined },
        keys.hub,
        operatorOf(keys),
        tokens,
      );
      await system.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: requestMs });
      if ((await lookUp()) === jwt) return;
      throw new EventStoreError(
        'log-forbidden',
        `the server did not take the rights of applier ${applier}`,
        applier,
      );
    });
  }

  /** Ends an agent's account: who is connected by it is cut off at once, and nobody connects by it again. */
  async revoke(account: string): Promise<void> {
    const keys = this.#keysFor(account);
    const operator = operatorOf(keys);
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
