import type { RegistryAccess } from '@syncline/artifacts';
import { registryAggregate, registryFor, type Registry } from '@syncline/domain';
import { decodeToken, subjects } from '@syncline/events';
import type { Aggregates, EventLog } from '@syncline/kernel';

import type { Credentials } from '../credentials/credentials.js';

/** How addresses may be read, as the log says it is now. */
export class Registries {
  constructor(
    private readonly log: EventLog,
    private readonly aggregates: Aggregates,
    private readonly credentials: Credentials,
  ) {}

  /** Every registration. */
  async all(): Promise<readonly Registry[]> {
    const prefix = subjects.registry('x').slice(0, -1);
    const found = await this.log.subjects(`${prefix}>`);
    const states = await Promise.all(found.map((one) => this.find(decodeToken(one.slice(prefix.length)))));
    return states.flatMap((one) => one ?? []);
  }

  /** One registration; undefined where there is none of the name. */
  async find(registry: string): Promise<Registry | undefined> {
    return (await this.aggregates.load(registryAggregate, subjects.registry(registry))).state.registered;
  }

  /** How an address may be read: by everybody, where nothing is registered for it. Throws SealingError. */
  async accessFor(url: string): Promise<RegistryAccess> {
    const registered = registryFor(url, await this.all());
    if (!registered) return {};
    const { plainHttp, credential: sealed } = registered;
    if (!sealed) return { plainHttp };
    const { username, password, token } = await this.credentials.open(sealed);
    const credential = {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(token !== undefined && { token }),
    };
    return { plainHttp, credential };
  }
}
