import type {
  DiffDocument,
  DriftedObject,
  Health,
  IgnoreRule,
  InventoryDocument,
  Manifest,
  ObjectName,
  PlanDocument,
  ResourcesAnswer,
  ResultsDocument,
} from '@syncline/events';
import type { pruneRules } from '@syncline/events';
import type { z } from 'zod';

/** Whether and how much may be deleted; the planner judges the budget. */
export type PruneRules = z.infer<typeof pruneRules>;

/** What one application wants on this cluster. */
export type TargetManifests = {
  readonly project: string;
  readonly application: string;
  /** Where objects go that name no namespace; created when absent, never pruned. */
  readonly namespace: string;
  /** Rendered objects; each value of a Secret is a reference `syncline-secret:<64 hex>`. */
  readonly objects: readonly Manifest[];
  /** The values behind the references: 64 hex digits → base64. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Fields that are left as they are live, whoever writes them. */
  readonly ignore?: readonly IgnoreRule[];
};

/** One object that a target holds. */
export type InventoryEntry = InventoryDocument['objects'][number];

/** What was done to one object. */
export type ObjectResult = ResultsDocument['results'][number];

/** One kind that an API server serves. */
export type ServedResource = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
};

/** What an API server serves, sorted; `digest` is equal where version and resources are. */
export type Capabilities = {
  readonly kubernetesVersion: string;
  readonly resources: readonly ServedResource[];
  readonly digest: string;
};

/** What an apply asks and tells while it runs. */
export type ApplySteps = {
  /** Called before each object and before each prune: a safe point. `stop` says why the apply ends here as aborted. */
  readonly checkpoint: () => Promise<{ readonly stop?: string }>;
  /** Called once, after the last object, or for what was applied where the apply ends early. */
  readonly applied: (results: ObjectResult[]) => Promise<void>;
  /** Called once after the prunes, where the plan has any and it came to them. */
  readonly pruned: (results: ObjectResult[]) => Promise<void>;
  readonly progress?: (done: number, of: number) => void;
};

/**
 * How an apply ended. `failed`: the cluster said no. `errored`: the way to it or the server broke; trying again may help.
 * `stale`: the live state is not the planned one. `aborted`: a checkpoint said stop. `inventory` is what the target holds now.
 */
export type ApplyOutcome =
  | { readonly status: 'succeeded'; readonly inventory: InventoryEntry[] }
  | {
      readonly status: 'failed' | 'errored' | 'stale' | 'aborted';
      readonly object?: ObjectName;
      readonly code: string;
      readonly reason: string;
      readonly inventory: InventoryEntry[];
    };

/** The health of a target: the worst of its objects'. */
export type TargetHealth = {
  readonly health: Health;
  /** The objects that are not Current, the worst first, at most five. */
  readonly objects: { object: ObjectName; health: Health; message: string }[];
  /** How many objects are not Current. */
  readonly objectCount: number;
};

/** A field, or a whole object where no path is given, that is no more drifted, and who put it back where that is known. */
export type PutBack = { readonly object: ObjectName; readonly path?: string; readonly manager?: string };

/** What is no more drifted that was when drift was last told, or before anybody looked; `undoneBy` put back the last of it, where nothing is drifted any more. */
export type DriftEnd = { readonly undoneBy?: string; readonly putBack: readonly PutBack[] };

/** What is asked and told where a target is watched for drift. */
export type DriftWatch = {
  /** What the last apply sent; asked only where something is not as it was. */
  readonly applied: () => Promise<TargetManifests>;
  /** Every object that is not as it was applied: told when that is first known, and whenever it changes; values of Secrets are HMACs. */
  readonly onDrift: (objects: readonly DriftedObject[], ended: DriftEnd) => void;
  /** What was applied cannot be had; it is asked again. */
  readonly onTrouble: (error: unknown) => void;
};

/** Whether the API server answers. `since` is an RFC 3339 instant: the first failure. */
export type Link =
  | { readonly state: 'connected'; readonly kubernetesVersion: string }
  | { readonly state: 'lost'; readonly class: string; readonly reason: string; readonly since: string };

/**
 * What goes wrong with a cluster that is there: it asks to be left alone (`throttling`), or a resource of it cannot be watched.
 * Told when it begins, and without a reason when it is over.
 */
export type Trouble =
  | { readonly what: 'throttling'; readonly reason?: string }
  | { readonly what: 'watch'; readonly resource: string; readonly reason?: string };

/**
 * What is heard of what the API server serves. `isWatched`: it is told when that changes, but for what an API server behind
 * an APIService begins to serve by itself; else whoever wants to know has to look.
 */
export type ServedNews = { readonly isWatched: boolean };

/** One cluster, through its own bounded connections. Methods throw KubernetesError. */
export interface ClusterClient {
  readonly name: string;
  capabilities(signal?: AbortSignal): Promise<Capabilities>;
  /** Server-side dry run of every object; writes nothing. Throws `cluster-unreachable` (retryable) while the server is out of reach. */
  diff(
    target: TargetManifests,
    inventory: readonly InventoryEntry[],
    prune: PruneRules,
    signal?: AbortSignal,
  ): Promise<DiffDocument>;
  /** Carries out an approved plan and nothing else. Repeating it after a crash is safe. */
  apply(
    target: TargetManifests,
    plan: PlanDocument,
    inventory: readonly InventoryEntry[],
    steps: ApplySteps,
    signal?: AbortSignal,
  ): Promise<ApplyOutcome>;
  /** Of objects that an apply may have made, those that are there and bear the marks of the application, as an inventory holds them. */
  findOwn(
    owner: Pick<TargetManifests, 'project' | 'application'>,
    objects: readonly ObjectName[],
    signal?: AbortSignal,
  ): Promise<readonly InventoryEntry[]>;
  /** What a target holds and what that owns, down to Pods, each with its health and its newest Kubernetes events. Bounded. */
  resources(inventory: readonly InventoryEntry[], signal?: AbortSignal): Promise<ResourcesAnswer>;
  /** Tells a target's health, and its drift where asked, when it is first known and whenever it changes; the returned function ends it. One watch per kind serves all targets. */
  watchHealth(
    key: string,
    objects: readonly InventoryEntry[],
    onHealth: (health: TargetHealth) => void,
    drift?: DriftWatch,
  ): () => void;
  /** Tells whether the API server answers, as soon as it is known and at every change; the returned function ends it. */
  watchLink(onLink: (link: Link) => void): () => void;
  /** Tells that another kind may be served, or none any more: once it is known whether that can be watched, and whenever a definition of custom kinds or an APIService changes; the returned function ends it. */
  watchServed(onNews: (news: ServedNews) => void): () => void;
  /** Tells what is waited for while the API server answers; the returned function ends it. */
  watchTrouble(onTrouble: (trouble: Trouble) => void): () => void;
  close(): Promise<void>;
}

/** How to reach a cluster. `kubeconfig` is its text with one current context; `hmacKey` compares values of Secrets. */
export type ClusterOptions = {
  readonly name: string;
  readonly kubeconfig: string;
  readonly hmacKey: Uint8Array;
  /** Requests in flight at once; 16 by default. Watches have their own connections. */
  readonly maxConnections?: number;
  /** How long one request may take; 30 s by default, which is as long as the slowest webhook may. */
  readonly requestTimeoutMs?: number;
};
