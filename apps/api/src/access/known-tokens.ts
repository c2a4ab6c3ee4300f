import { setTimeout as delay } from 'node:timers/promises';

import { decodeToken, subjects, type AccessEvent } from '@syncline/events';
import { accessAggregate, type AccessCommand, type Role } from '@syncline/domain';
import {
  canonicalJson, type Aggregates, type Cause, type Clock, type Decided, type EventLog, type LogEntry, type StoredEvent,
} from '@syncline/kernel'; // prettier-ignore

import { requesterOf, type Requester } from './requester.js';
import { tokenHash } from './token-text.js';

/** A token as administrators see it; nothing by which it could be used. */
export type KnownToken = {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly subject: string;
  readonly issuedAt: string;
  readonly expiresAt: string | null;
  readonly revoked: boolean;
};

const retryMs = 500;
const accessSubjects = 'ev.access.>';
const actorOf = (subject: string): string => decodeToken(subject.slice('ev.access.'.length));

/** The bearer tokens, folded from the log in memory: they are known while Postgres is away. */
export class KnownTokens {
  readonly #byId = new Map<string, KnownToken>();
  readonly #idByHash = new Map<string, string>();
  readonly #stop = new AbortController();
  #following: Promise<void> | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly aggregates: Aggregates,
    private readonly clock: Clock,
  ) {}

  /** Reads what is in the log, then follows it. */
  async open(): Promise<void> {
    let last = 0;
    for await (const entry of this.log.scan({ subjects: [accessSubjects] })) {
      last = entry.message.sequence;
      this.#take(entry);
    }
    this.#following = this.#follow(last);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  /** Who comes with this token; undefined where it is unknown, revoked or expired. */
  find(text: string): Requester | undefined {
    const id = this.#idByHash.get(tokenHash(text));
    const token = id === undefined ? undefined : this.#byId.get(id);
    if (!token || token.revoked) return undefined;
    if (token.expiresAt !== null && Date.parse(token.expiresAt) <= this.clock.now().getTime())
      return undefined;
    return requesterOf(token.subject, token.id, token.role);
  }

  get(id: string): KnownToken | undefined {
    return this.#byId.get(id);
  }

  list(): readonly KnownToken[] {
    return [...this.#byId.values()].sort((a, b) => a.issuedAt.localeCompare(b.issuedAt));
  }

  /** Decides on an actor's access; what comes of it is known here at once. */
  async decide(actor: string, command: AccessCommand, cause: Cause): Promise<Decided<unknown, AccessEvent>> {
    const decided = await this.aggregates.decide(accessAggregate, subjects.access(actor), command, cause);
    for (const event of decided.events) this.#fold(event);
    return decided;
  }

  async #follow(afterSequence: number): Promise<void> {
    const { signal } = this.#stop;
    for (let after = afterSequence; !signal.aborted;) {
      try {
        for await (const entry of this.log.follow(
          { subjects: [accessSubjects], afterSequence: after },
          signal,
        )) {
          after = entry.message.sequence;
          this.#take(entry);
        }
      } catch {
        // The log is out of reach; readiness says so, and the tokens known so far stay good.
      }
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** An event that this version cannot read grants nothing. */
  #take(entry: LogEntry): void {
    for (const event of entry.events as readonly StoredEvent<AccessEvent>[]) this.#fold(event);
  }

  #fold(event: StoredEvent<AccessEvent>): void {
    if (event.type === 'TokenIssued') this.#issued(event);
    if (event.type !== 'TokenRevoked') return;
    const known = this.#byId.get(event.data.token);
    if (known?.subject === actorOf(event.subject)) this.#byId.set(known.id, { ...known, revoked: true });
  }

  #issued(event: StoredEvent<Extract<AccessEvent, { type: 'TokenIssued' }>>): void {
    const { token: id, name, role, hash, expiresAt } = event.data;
    const subject = actorOf(event.subject);
    const known = this.#byId.get(id);
    const token = { id, name, role, subject, issuedAt: event.occurredAt, expiresAt: expiresAt ?? null };
    if (known && canonicalJson({ ...known, revoked: false }) === canonicalJson({ ...token, revoked: false }))
      return;
    this.#byId.set(id, { ...token, revoked: false });
    this.#idByHash.set(hash, id);
  }
}
