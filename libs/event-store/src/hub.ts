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
  SignsOfLife,
} from '@syncline/kernel';

import type { CacheStanding } from './fold-cache.js';
import type { LoadedFrom } from './folded-states.js';
import type { JetStreamStrategy } from './reactions/jetstream-strategy.js';
import type { WorkContext, ReactionReport, ReactionStanding } from './reactions/running-reaction.js';

/** What a service of the hub reaches through the log's server. */
export type Hub = {
  readonly aggregates: Aggregates;
  readonly log: EventLog;
  readonly blobs: BlobStore;
  readonly commands: Commands;
  readonly clusterCalls: ClusterCalls;
  readonly servedClusters: ServedClusters;
  readonly people: People;
  readonly signs: Pick<SignsOfLife, 'hear'>;
  readonly live: Live;
  readonly strategy: JetStreamStrategy;
  /** What is missing for work, in sentences; empty where nothing is. */
  readonly missing: () => readonly string[];
  /** The log is not the one that was seen, says a sentence: nothing is written any more, by this service and by the others of the hub. */
  readonly stopWriting: (reason: string) => void;
  /** Told whenever the connection to the log's server was away and is there again. */
  readonly onReturn: (listen: () => void) => void;
  readonly close: () => Promise<void>;
};

/** What an applier reaches: its own clusters' part of the log, through an account of its own. */
export type Agent = Pick<Hub, 'aggregates' | 'log' | 'blobs' | 'live' | 'strategy' | 'missing' | 'close'> & {
  readonly clusterAnswers: ClusterAnswers;
  readonly servedClusters: Pick<ServedClusters, 'watch'>;
  readonly signs: Pick<SignsOfLife, 'say'>;
  /** Aborted when the service begins to end; its reactions end meanwhile. */
  readonly stopping: AbortSignal;
};

/** Numbers that the connection tells to whoever shows metrics. */
export type StoreMeter = {
  /** An append was answered, or given up; `hasConflict` where the decision has to be made again. */
  readonly appended?: (seconds: number, hasConflict: boolean) => void;
  /** A state was asked of the log: what was remembered was current, a part of the history was read, or all of it. */
  readonly loaded?: (seconds: number, from: LoadedFrom) => void;
  /** How many states are remembered, and about how many bytes they are. */
  readonly kept?: (standing: CacheStanding) => void;
  readonly reactionFailed?: (reaction: string, subject: string, attempt: number, error: unknown) => void;
  readonly parked?: (reaction: string, subjects: number) => void;
  /** Runs work on behalf of a change, so that what it logs can be told to belong to it. */
  readonly within?: <Result>(context: WorkContext, work: () => Result) => Result;
  /** A handler of a reaction is done with an event, or failed. */
  readonly handled?: (reaction: string, seconds: number) => void;
  /** How a reaction that is at work stands, whenever asked; gives the way to forget it. */
  readonly working?: (reaction: string, standing: () => ReactionStanding) => () => void;
  /** The connection to the log's server was lost, or is there (again); told once at every change. */
  readonly connected?: (isConnected: boolean, servers: string) => void;
  /** How much of the log's size limit is used: 0 to 1; 0 where it has none. */
  readonly logFilled?: (share: number) => void;
  /** There may be so many of something and no more; how many there are is looked up whenever asked. */
  readonly bounded?: (what: string, limit: number, count: () => number) => void;
  /** Nothing is written any more, and why: the log is not the one that was seen. */
  readonly halted?: (failure: Error) => void;
  /** An applier read a cluster's whole history, or what it had not read of it. */
  readonly historyRead?: (cluster: string, messages: number) => void;
};

/** What a reaction tells, as numbers for a meter. */
export const reportTo = (meter: StoreMeter | undefined): ReactionReport => ({
  failed: (reaction, subject, _position, attempt, error) =>
    meter?.reactionFailed?.(reaction, subject, attempt, error),
  parked: (reaction, subjects) => meter?.parked?.(reaction, subjects),
  within: (context, work) => (meter?.within ? meter.within(context, work) : work()),
  handled: (reaction, seconds) => meter?.handled?.(reaction, seconds),
  working: (reaction, standing) => meter?.working?.(reaction, standing) ?? (() => undefined),
});
