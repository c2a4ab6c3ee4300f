import type { ApplicationEvent, ApplicationSpec } from '@syncline/events';
import type { StoredEvent } from '@syncline/kernel';

import type { ClusterLabels } from './placement.js';

/** A rollout as far as its next step depends on it. `wave` is the index of the open one. */
export type Rollout = {
  readonly id: string;
  readonly status: 'running' | 'halted' | 'completed';
  readonly wave: number;
  readonly waves: readonly { readonly name: string; readonly clusters: readonly string[] }[];
  /** The cluster that halted it. */
  readonly haltedBy?: string;
};

/**
 * An application. `repository` is the one that declared it first and alone may change it; `revision` the last one
 * that was to be rolled out; `members` the clusters that it is placed on since then, with the labels they had.
 */
export type ApplicationState =
  | { readonly status: 'undeclared' }
  | { readonly status: 'retired' }
  | {
      readonly status: 'declared';
      readonly repository: string;
      readonly revision: string;
      readonly spec: ApplicationSpec;
      readonly members: ClusterLabels;
      readonly rollout?: Rollout;
      /** Nothing changes on any cluster while it is there. */
      readonly pause?: ApplicationPause | undefined;
    };

/** Who paused an application, why, and since when (RFC 3339; empty where the event does not say). */
export type ApplicationPause = { readonly by: string; readonly reason: string; readonly since: string };

/** An application event as the log gives it. */
export type LoggedApplicationEvent = ApplicationEvent & Partial<Pick<StoredEvent, 'occurredAt'>>;

/** An application that a repository declares. */
export type Declared = Extract<ApplicationState, { status: 'declared' }>;

/** How far a member of a rollout is, judged from its plan and its target. */
export type MemberProgress =
  | { readonly status: 'pending' }
  | { readonly status: 'done' }
  | { readonly status: 'failed'; readonly reason: string };

/** The members of a rollout's open wave and how far each is. */
export type WaveProgress = Readonly<Record<string, MemberProgress>>;

export type ApplicationCommand =
  | {
      /** A repository's configuration declares the application. */
      readonly type: 'declare';
      readonly repository: string;
      readonly revision: string;
      readonly spec: ApplicationSpec;
      /** Whether the revision changes anything that the application's manifests are made from. */
      readonly affected: boolean;
      readonly fleet: ClusterLabels;
      /** The id of the rollout, should one start. */
      readonly rollout: string;
    }
  | {
      /** A repository's configuration declares the application no longer. */
      readonly type: 'retire';
      readonly repository: string;
      readonly revision: string;
    }
  | {
      /** Clusters were registered, relabelled or removed. */
      readonly type: 'place';
      readonly fleet: ClusterLabels;
      readonly rollout: string;
    }
  | {
      /** A person wants nothing to change for now. `by` is `person:<id>`. */
      readonly type: 'pause';
      readonly by: string;
      readonly reason: string;
    }
  | { readonly type: 'resume'; readonly by: string; readonly reason?: string }
  | {
      /** Something happened on a target of the rollout. */
      readonly type: 'observe';
      readonly rollout: string;
      readonly wave: number;
      readonly progress: WaveProgress;
    };
