import type {
  Aggregates,
  BlobStore,
  ClusterAnswers,
  ClusterCalls,
  Commands,
  EventLog,
  Live,
  People,
  ServedClusters,
} from '@syncline/kernel';

import type { JetStreamStrategy } from './reactions/jetstream-strategy.js';
import type { ReactionReport } from './reactions/running-reaction.js';

/** What a service of the hub reaches through the log's server. */
export type Hub = {
  readonly aggregates: Aggregates;
  readonly log: EventLog;
  readonly blobs: BlobStore;
  readonly commands: Commands;
  readonly clusterCalls: ClusterCalls;
  readonly servedClusters: ServedClusters;
  readonly people: People;
  readonly live: Live;
  readonly strategy: JetStreamStrategy;
  /** What is missing for work, in sentences; empty where nothing is. */
  readonly missing: () => readonly string[];
  readonly close: () => Promise<void>;
};

/** What an applier reaches: its own clusters' part of the log, through an account of its own. */
export type Agent = Pick<Hub, 'aggregates' | 'log' | 'blobs' | 'live' | 'strategy' | 'missing' | 'close'> & {
  readonly clusterAnswers: ClusterAnswers;
  readonly servedClusters: Pick<ServedClusters, 'watch'>;
};

/** Numbers that the connection tells to whoever shows metrics. */
export type StoreMeter = {
  readonly appended?: (seconds: number) => void;
  readonly reactionFailed?: (reaction: string, subject: string, attempt: number, error: unknown) => void;
  readonly parked?: (reaction: string, subjects: number) => void;
  /** How much of the log's size limit is used: 0 to 1; 0 where it has none. */
  readonly logFilled?: (share: number) => void;
  /** An applier read a cluster's whole history, or what it had not read of it. */
  readonly historyRead?: (cluster: string, messages: number) => void;
};

/** What a reaction tells, as numbers for a meter. */
export const reportTo = (meter: StoreMeter | undefined): ReactionReport => ({
  failed: (reaction, subject, _position, attempt, error) =>
    meter?.reactionFailed?.(reaction, subject, attempt, error),
  parked: (reaction, subjects) => meter?.parked?.(reaction, subjects),
});
