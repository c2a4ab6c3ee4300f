import type { KV } from '@nats-io/kv';
import { sha256Hex, type People, type Person } from '@syncline/kernel';
import { z } from 'zod';

import type { Snapshot, Snapshots } from '../message-log.js';
import { personId } from '../person-id.js';
import { classify } from './classify.js';

const snapshot = z.object({ sequence: z.int().nonnegative(), state: z.unknown() });
const person = z.object({ name: z.string(), email: z.string() });
const largestSnapshot = 512 * 1024;

/** Folded states in bucket `snapshots`. One that cannot be read or kept is as good as none. */
export class KvSnapshots implements Snapshots {
  constructor(private readonly kv: KV) {}

  async find(aggregate: string, version: number, subject: string): Promise<Snapshot | undefined> {
    const entry = await this.kv.get(keyOf(aggregate, version, subject)).catch(() => null);
    if (entry?.operation !== 'PUT') return undefined;
    const parsed = snapshot.safeParse(entry.json());
    return parsed.success ? parsed.data : undefined;
  }

  async keep(aggregate: string, version: number, subject: string, kept: Snapshot): Promise<void> {
    const text = JSON.stringify(kept);
    if (text.length > largestSnapshot) return;
    await this.kv.put(keyOf(aggregate, version, subject), text).catch(() => undefined);
  }
}

const keyOf = (aggregate: string, version: number, subject: string): string =>
  `${aggregate}.${version}.${sha256Hex(subject)}`;

/** People in bucket `people`, by HMAC of their address under the installation's key. */
export class KvPeople implements People {
  readonly #known = new Set<string>();

  constructor(
    private readonly kv: KV,
    private readonly key: Uint8Array,
  ) {}

  async identify(known: Person): Promise<string> {
    const id = personId(this.key, known.email);
    if (this.#known.has(id)) return id;
    try {
      const present = await this.kv.get(id);
      if (present?.operation !== 'PUT') await this.kv.put(id, JSON.stringify(known));
    } catch (error) {
      throw classify(error, 'remember a person');
    }
    this.#known.add(id);
    return id;
  }

  async find(id: string): Promise<Person | undefined> {
    const entry = await this.kv.get(id).catch((error: unknown) => {
      throw classify(error, 'find a person');
    });
    if (entry?.operation !== 'PUT') return undefined;
    const parsed = person.safeParse(entry.json());
    return parsed.success ? parsed.data : undefined;
  }

  async erase(id: string): Promise<void> {
    this.#known.delete(id);
    await this.kv.purge(id).catch((error: unknown) => {
      throw classify(error, 'erase a person');
    });
  }
}
