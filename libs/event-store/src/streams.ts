import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  StoreCompression,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';

import { EventStoreError } from './event-store-error.js';

const streamNotFound = 10059;
export const eventsStream = 'EVENTS';
export const blobsStream = 'BLOBS';
/** Key-value buckets: folded states, people's names, which clusters an applier serves. */
export const buckets = ['snapshots', 'people', 'served'] as const;

/** How an installation's streams are made. */
export type StreamSettings = {
  /** Size limits in bytes; -1 is no limit but the disk. */
  readonly eventsBytes: number;
  readonly blobsBytes: number;
  readonly duplicateWindowMs: number;
  /** On how many nodes everything is kept: one, or three that fail apart from each other. */
  readonly replicas: 1 | 3;
};
export const defaultSettings: StreamSettings = {
  eventsBytes: -1,
  blobsBytes: -1,
  duplicateWindowMs: 120_000,
  replicas: 1,
};

const kept = {
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  compression: StoreCompression.None,
  deny_delete: true,
  deny_purge: true,
  allow_direct: true,
  allow_rollup_hdrs: false,
  max_age: 0,
  max_msgs: -1,
} as const;

/**
 * Consumers of the log: one for each cluster that ever was and for each account of an applier, one for each reaction, and
 * those that read. A server allows a
 * thousand where nothing is said, and takes unlimited for nothing.
 */
export const mostConsumers = 10_000;

const events = (settings: StreamSettings): Partial<StreamConfig> & { name: string } => ({
  ...kept,
  name: eventsStream,
  subjects: ['ev.>'],
  max_bytes: settings.eventsBytes,
  duplicate_window: settings.duplicateWindowMs * 1_000_000,
  consumer_limits: {},
  max_consumers: mostConsumers,
});

const blobs = (settings: StreamSettings): Partial<StreamConfig> & { name: string } => ({
  ...kept,
  name: blobsStream,
  subjects: ['blob.>'],
  max_bytes: settings.blobsBytes,
  max_msgs_per_subject: 1,
  discard_new_per_subject: true,
});

const bucket = (name: string): Partial<StreamConfig> & { name: string } => ({
  name: `KV_${name}`,
  subjects: [`$KV.${name}.>`],
  storage: StorageType.File,
  max_msgs_per_subject: 1,
  discard: DiscardPolicy.New,
  allow_direct: true,
  allow_rollup_hdrs: true,
  deny_delete: true,
});

/** Makes what is missing of the streams. Needs the bootstrap credential; changes nothing that is there. */
export const bootstrapStreams = async (
  jsm: JetStreamManager,
  settings: StreamSettings = defaultSettings,
): Promise<void> => {
  const present = new Set(await Array.fromAsync(jsm.streams.names()));
  for (const config of [events(settings), blobs(settings), ...buckets.map(bucket)]) {
    if (!present.has(config.name)) await jsm.streams.add({ ...config, num_replicas: settings.replicas });
  }
};

/** What must hold of a stream for the log to be one: field and value, for each stream. Replicas are the operator's choice. */
const promises: Readonly<Record<string, Partial<StreamConfig>>> = {
  [eventsStream]: { ...kept, subjects: ['ev.>'] },
  [blobsStream]: { ...kept, subjects: ['blob.>'], max_msgs_per_subject: 1, discard_new_per_subject: true },
};
const differs = (wanted: unknown, found: unknown): boolean =>
  Array.isArray(wanted)
    ? JSON.stringify(wanted) !== JSON.stringify(found)
    : wanted !== (found ?? (wanted === false ? false : wanted === 0 ? 0 : undefined));

/**
 * Throws `log-wrong-configuration`, naming stream, field and both values, where a stream is not what the log needs; gives
 * the configuration of the stream of events.
 */
export const verifyStreams = async (jsm: JetStreamManager): Promise<Partial<StreamConfig>> => {
  let log: Partial<StreamConfig> = {};
  for (const [stream, wanted] of Object.entries(promises)) {
    const { config } = await jsm.streams.info(stream).catch((error: unknown) => {
      if (!(error instanceof JetStreamApiError) || error.code !== streamNotFound) throw error;
      throw new EventStoreError(
        'log-wrong-configuration',
        `there is no stream ${stream}; was the log bootstrapped?`,
        stream,
        error,
      );
    });
    if (stream === eventsStream) log = config;
    for (const [field, value] of Object.entries(wanted)) {
      const found = config[field as keyof StreamConfig];
      if (!differs(value, found)) continue;
      throw new EventStoreError(
        'log-wrong-configuration',
        `stream ${stream} has ${field} ${JSON.stringify(found)} where ${JSON.stringify(value)} is needed; restore its configuration before starting`,
        stream,
      );
    }
  }
  return log;
};

/** How many messages a reaction is given before it has acknowledged one. */
export const mostUnacknowledged = 5_000;

/** The consumer of a hub's reaction: explicit ack, never given up by the server. */
export const durable = (name: string, filters: readonly string[]) => ({
  durable_name: name,
  name,
  filter_subjects: [...filters],
  ack_policy: AckPolicy.Explicit,
  ack_wait: 30_000_000_000,
  max_deliver: -1,
  max_ack_pending: mostUnacknowledged,
});

/** No subject is of this kind: a consumer without a filter would be given the whole log. */
const nothing = 'ev.none';

/** An applier's live consumer, from now on: what was before of a cluster is read when it is served. */
export const following = (name: string, filters: readonly string[]) => ({
  ...durable(name, filters.length > 0 ? filters : [nothing]),
  deliver_policy: DeliverPolicy.New,
});

/** The consumer that an applier rewinds to read a history: it acknowledges nothing. */
export const rewindable = (name: string, filters: readonly string[]) => ({
  durable_name: name,
  name,
  filter_subjects: [...filters],
  ack_policy: AckPolicy.None,
  deliver_policy: DeliverPolicy.All,
});
