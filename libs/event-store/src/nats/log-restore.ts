import { headers, type NatsConnection } from '@nats-io/nats-core';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { BlobOwner, LogMessage } from '@syncline/kernel';

import { EventStoreError } from '../event-store-error.js';
import { eventsStream } from '../streams.js';
import { NatsBlobStore } from './blobs.js';
import { classify } from './classify.js';
import { ConnectionState } from './connection-state.js';
import { openConnection } from './connection.js';
import { CurrentReads } from './current-reads.js';
import { HubMessageLog } from './hub-message-log.js';
import { allRestored, recordedHeader } from './recorded-time.js';
import { leafHash } from './remembered-position.js';
import { markRestore, restoringOf } from './restored-mark.js';

/** How many messages may be on their way into the log: each says which one must stand before it. */
const mostUnderWay = 256;
const appendTimeoutMs = 30_000;

/** A message as an archive holds it: it is put back to its sequence, with the time at which it was recorded first. */
export type ArchivedMessage = Pick<LogMessage, 'sequence' | 'subject' | 'bytes'> & {
  readonly recordedAtNs: string;
};

/** Where the log is restored to. `credentials` are those of the bootstrap user. */
export type RestorePlace = { readonly servers: string; readonly credentials: string };

const notEmpty = (messages: number): EventStoreError =>
  new EventStoreError(
    'log-wrong-configuration',
    `the log is not empty: it holds ${messages} messages. An archive is restored into an installation that has none`,
    eventsStream,
  );

/** Puts the messages of an archive into a log that has none, or only those that an earlier restore of the same archive has put there. */
export class LogRestore {
  readonly #underWay = new Set<Promise<void>>();
  readonly #lastOf = new Map<string, number>();
  readonly #there: AsyncIterator<LogMessage>;
  #failure: EventStoreError | undefined;

  private constructor(
    private readonly nc: NatsConnection,
    private readonly js: JetStreamClient,
    private readonly jsm: JetStreamManager,
    private readonly log: HubMessageLog,
    private readonly blobs: NatsBlobStore,
    /** How many messages were there already. */
    readonly present: number,
  ) {
    this.#there = log.scan({})[Symbol.asyncIterator]();
  }

  /** `archive` names what is restored: an interrupted restore is continued by one of the same alone. Throws EventStoreError. */
  static async open({ servers, credentials }: RestorePlace, archive: string): Promise<LogRestore> {
    const nc = await openConnection({ servers, credentials, name: 'restore' });
    try {
      const [js, jsm] = [jetstream(nc), await jetstreamManager(nc, { checkAPI: false })];
      const { config, state } = await jsm.streams.info(eventsStream);
      const restoring = restoringOf(config);
      if (restoring !== archive && (state.last_seq > 0 || restoring !== undefined))
        throw notEmpty(state.messages);
      if (restoring === undefined) await markRestore(jsm, { restoring: archive });
      const connection = new ConnectionState(nc);
      connection.restored = allRestored;
      const log = new HubMessageLog(js, jsm, connection, new CurrentReads(jsm, connection));
      const blobs = new NatsBlobStore(js, jsm, () => Promise.resolve(undefined));
      return new LogRestore(nc, js, jsm, log, blobs, state.last_seq);
    } catch (error) {
      await nc.close();
      throw classify(error, 'begin to restore the log');
    }
  }

  /** Puts the next message behind those that are there; one that is there already is compared. Throws EventStoreError. */
  async append(message: ArchivedMessage): Promise<void> {
    const { sequence, subject } = message;
    if (sequence <= this.present) await this.#compare(message);
    else {
      while (this.#underWay.size >= mostUnderWay) await Promise.race(this.#underWay);
      this.#refuseFailed();
      this.#send(message, this.#lastOf.get(subject) ?? 0);
    }
    this.#lastOf.set(subject, sequence);
  }

  /** Stores a blob where it is not there yet. */
  async putBlob(owner: BlobOwner, bytes: Uint8Array, mediaType: string): Promise<void> {
    await this.blobs.put(owner, bytes, mediaType);
  }

  /** A blob that was put back before. */
  blob(owner: BlobOwner, digest: string): Promise<Uint8Array> {
    return this.blobs.get(owner, digest);
  }

  /** Every message that is in the log now, once all are acknowledged. */
  async *messages(): AsyncGenerator<LogMessage> {
    await Promise.all(this.#underWay);
    this.#refuseFailed();
    yield* this.log.scan({});
  }

  /** Says in the log's configuration that it is whole again, up to this message: services start over it from now on. */
  async finish(size: number): Promise<void> {
    try {
      await markRestore(this.jsm, { restored: size });
    } catch (error) {
      throw classify(error, 'end the restore of the log');
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#there.return?.();
    await this.nc.close();
  }

  async #compare(message: ArchivedMessage): Promise<void> {
    const { value } = (await this.#there.next()) as IteratorResult<LogMessage, undefined>;
    const archived = { ...message, recordedAtNs: BigInt(message.recordedAtNs), recordedAt: '' };
    if (value?.sequence === message.sequence && leafHash(value) === leafHash(archived)) return;
    throw new EventStoreError(
      'log-wrong-configuration',
      `message ${message.sequence} of the log is another one than the archive holds; restore into an empty installation`,
      message.subject,
    );
  }

  #send({ sequence, subject, recordedAtNs, bytes }: ArchivedMessage, lastSubjectSequence: number): void {
    const own = headers();
    own.set(recordedHeader, recordedAtNs);
    const sent = this.js
      .publish(subject, bytes, {
        headers: own,
        expect: { lastSequence: sequence - 1, lastSubjectSequence },
        timeout: appendTimeoutMs,
      })
      .then(
        () => undefined,
        (error: unknown) => void (this.#failure ??= classify(error, `put message ${sequence} back`)),
      )
      .finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }

  #refuseFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
