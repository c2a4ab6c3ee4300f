import { defineTable, hasEnded, type Span } from './table.js';

/** Pending until its applier has reached it for the first time. */
export const clusterStates = ['Pending', 'Connected', 'Lost'] as const;

/** What a cluster is, as far as it changes over time. */
export type ClusterState = {
  readonly labels: Readonly<Record<string, string>>;
  readonly applier: string;
  readonly state: (typeof clusterStates)[number];
  readonly kubernetesVersion: string | null;
  readonly reason: string | null;
};

type Instants = { readonly occurredAt: string; readonly recordedAt: string };

/** A member of the fleet as it is now. */
export type ClusterRow = ClusterState &
  Instants & {
    readonly cluster: string;
    /** When `state` last became another word, by the applier's own account where it gives one. */
    readonly since: string;
    /** What began the state that it is in. */
    readonly open: {
      readonly sequence: number;
      readonly index: number;
      readonly occurredAt: string;
      readonly recordedAt: string;
      readonly from: string;
    };
  };

const state = {
  labels: 'json', applier: 'text', state: 'text', kubernetesVersion: 'text?', reason: 'text?',
} as const; // prettier-ignore
const instants = { occurredAt: 'instant', recordedAt: 'instant' } as const;

export const clusterTable = defineTable<ClusterRow>('cluster', {
  cluster: 'text!',
  ...state,
  ...instants,
  since: 'instant',
  open: 'json',
});

/** One stretch of time in which a cluster was the same, by when it happened. */
export type ClusterStateRow = ClusterState &
  Instants & {
    readonly cluster: string;
    readonly sequence: number;
    readonly index: number;
    readonly during: Span;
  };
export const clusterStateTable = defineTable<ClusterStateRow>(
  'cluster_state',
  {
    cluster: 'text!',
    sequence: 'sequence!',
    index: 'integer!',
    ...state,
    ...instants,
    during: 'range',
  },
  { isFinal: hasEnded },
);
