import type { Actor } from './aggregate.js';
import type { Position } from './position.js';

/** Who asks a service for a decision, and with which idempotency key. */
export type CommandContext = {
  readonly actor: Actor;
  readonly idempotencyKey?: string;
  readonly correlationId?: string;
};

/** The answer to a command: where the log stands after it, and what the command has to say. */
export type CommandAnswer<Result = unknown> = { readonly position: Position; readonly result: Result };

/**
 * Asks the owning service for a decision (`cmd.<service>.<verb>`). Throws {@link CommandRefused} as the service did;
 * the adapter's error with code `service-unavailable` (retryable) where nobody answers.
 */
export interface Commands {
  send<Result>(
    service: string,
    verb: string,
    payload: unknown,
    context: CommandContext,
    options?: { readonly timeoutMs?: number },
  ): Promise<CommandAnswer<Result>>;
}
/** Injection token of {@link Commands}. */
export const Commands = Symbol('Commands');

/**
 * Asks the applier of a cluster (`rpcs.cluster.<cluster>.<method>`, answered on `rpcr.cluster.<cluster>.<id>`).
 * Throws {@link CommandRefused} as the applier did; the adapter's error with code `cluster-unreachable` (retryable)
 * where no applier answers in time, and with code `stopping` (retryable) where this service ends before one does.
 */
export interface ClusterCalls {
  call<Result>(
    cluster: string,
    method: string,
    payload: unknown,
    options?: { readonly timeoutMs?: number },
  ): Promise<Result>;
}
/** Injection token of {@link ClusterCalls}. */
export const ClusterCalls = Symbol('ClusterCalls');

/** Answers {@link ClusterCalls} for one cluster; a thrown CommandRefused travels back. */
export interface ClusterAnswers {
  serve(
    cluster: string,
    method: string,
    handler: (payload: unknown, signal: AbortSignal) => Promise<unknown>,
  ): Promise<() => Promise<void>>;
}
/** Injection token of {@link ClusterAnswers}. */
export const ClusterAnswers = Symbol('ClusterAnswers');

/** What an agent connects by: its account's public key, and a token that is worth nothing without the seed of its own key. */
export type AgentAccess = { readonly account: string; readonly token: string };

/** Which clusters an applier serves: written by api, read by the applier; survives both. */
export interface ServedClusters {
  /** The current list, then every later one, until the signal aborts. */
  watch(applier: string, signal: AbortSignal): AsyncIterable<readonly string[]>;
  /**
   * Adds or removes clusters, with the accounts' rights and consumers that this takes; `agent` is the account of an
   * applier that was admitted. Idempotent.
   */
  assign(applier: string, clusters: readonly string[], agent?: string): Promise<void>;
  /** Makes an account for an agent of one cluster, to which the holder of `userKey` may connect once it is assigned. */
  admit(applier: string, cluster: string, userKey: string): Promise<AgentAccess>;
  /** Ends an agent's account; who is connected by it is cut off. Idempotent. */
  revoke(account: string): Promise<void>;
}
/** Injection token of {@link ServedClusters}. */
export const ServedClusters = Symbol('ServedClusters');

/** That the agent of a cluster is there: said by it every few seconds, heard by the hub, recorded by nobody. */
export interface SignsOfLife {
  say(cluster: string): void;
  /** Calls the listener at each sign; gives the way to stop that. */
  hear(onSign: (cluster: string) => void): () => void;
}

/** Progress and live logs: `live.<subject>`; not recorded, lost where nobody listens. */
export interface Live {
  publish(subject: string, payload: unknown): void;
}
/** Injection token of {@link Live}. */
export const Live = Symbol('Live');
