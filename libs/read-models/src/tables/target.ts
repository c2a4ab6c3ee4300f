import { defineTable, hasEnded, type Span } from './table.js';

/** The words of a target's sync. */
export const syncs = [
  'InSync', 'Planning', 'AwaitingApproval', 'Applying', 'Drifted', 'Held', 'Failed', 'Unknown',
] as const; // prettier-ignore
export type Sync = (typeof syncs)[number];

/** What a target is as to its sync; `revision` is the last applied one, or the one found unchanged. */
type TargetSync = {
  readonly sync: Sync;
  readonly revision: string | null;
  readonly desiredRevision: string;
  readonly plan: string | null;
  readonly message: string | null;
  readonly mode: string;
};

/** What a target is as to its health; `healthPlan` is the plan that the word is said of. */
type TargetHealth = {
  readonly health: string;
  readonly healthPlan: string | null;
  readonly healthMessage: string | null;
};

/** What a target runs of the record in place of what Git wants; `revision` is that of the deployment. */
export type ReplayNote = {
  readonly kind: 'replay' | 'undelete';
  /** What it runs, and what ends that; without whom to ask about it. */
  readonly sentence: string;
  readonly plan: string;
  readonly cluster: string;
  readonly revision: string;
  readonly by: string;
  readonly reason: string | null;
  readonly since: string;
};

/** What the planner says of a target. `intent` is the word of sync as far as it goes without what the applier says. */
type TargetPlanned = {
  readonly intent: Sync;
  readonly desiredRevision: string;
  readonly plan: string | null;
  /** By whom the plan was approved: a rule (`rule:automatic`) or a person (`person:<id>`). */
  readonly approvedBy: string | null;
  readonly message: string | null;
  readonly mode: string;
  readonly rollout: string;
  readonly repository: string;
  /** The last revision that the target was found to be at without an apply, and the sequence at which it was. */
  readonly foundRevision: string | null;
  readonly foundSequence: number;
  readonly replay: ReplayNote | null;
};

/**
 * What a target holds, and how the last attempt on it stands. Sequences are those of the log, 0 where there is nothing: an
 * outcome or a drift counts where it was said after what the planner says.
 */
type TargetApplied = {
  readonly revision: string | null;
  readonly appliedPlan: string | null;
  readonly appliedSequence: number;
  /** The blob of the manifests that were applied last. */
  readonly manifests: string | null;
  readonly outcome: Sync | null;
  readonly outcomeOf: string | null;
  readonly outcomeMessage: string | null;
  readonly outcomeSequence: number;
  readonly driftMessage: string | null;
  readonly driftSequence: number;
  readonly driftSince: string | null;
  readonly driftObjects: number | null;
  /** The blob that has all of the drift, as it was said last. */
  readonly driftDocument: string | null;
};

type TargetKey = { readonly cluster: string; readonly project: string; readonly application: string };
type Instants = { readonly occurredAt: string; readonly recordedAt: string };
type Began = { readonly sequence: number; readonly index: number };

/** A span that lasts: the event that began it, and from when it holds, which is never before the span that it follows. */
type Open<State> = State & Began & Instants & { readonly from: string };

/** One application on one cluster as it is now, with what is open of its histories. */
export type TargetRow = TargetKey &
  TargetSync &
  TargetHealth &
  Instants & {
    readonly repository: string;
    readonly rollout: string;
    /** The plan whose apply succeeded last. */
    readonly appliedPlan: string | null;
    /** Null where it runs, or is to run, what Git wants. */
    readonly replay: ReplayNote | null;
    /** When sync or health last became another word. */
    readonly since: string;
    readonly openPlanned: Open<TargetPlanned>;
    readonly openApplied: Open<TargetApplied>;
    readonly openHealth: Open<TargetHealth>;
  };

const key = { cluster: 'text!', project: 'text!', application: 'text!' } as const;
const health = { health: 'text', healthPlan: 'text?', healthMessage: 'text?' } as const;
const instants = { occurredAt: 'instant', recordedAt: 'instant' } as const;

export const targetTable = defineTable<TargetRow>('target', {
  ...key,
  sync: 'text',
  revision: 'text?',
  desiredRevision: 'text',
  plan: 'text?',
  message: 'text?',
  mode: 'text',
  ...health,
  ...instants,
  repository: 'text',
  rollout: 'text',
  appliedPlan: 'text?',
  replay: 'json?',
  since: 'instant',
  openPlanned: 'json',
  openApplied: 'json',
  openHealth: 'json',
});

const began = { sequence: 'sequence!', index: 'integer!' } as const;
const lasting = { during: 'range' } as const;

/** One stretch of time in which the planner said the same of a target, by when it happened. */
export type TargetPlannedRow = TargetKey & Began & TargetPlanned & Instants & { readonly during: Span };
export const targetPlannedTable = defineTable<TargetPlannedRow>(
  'target_planned',
  {
    ...key,
    ...began,
    intent: 'text',
    desiredRevision: 'text',
    plan: 'text?',
    approvedBy: 'text?',
    message: 'text?',
    mode: 'text',
    rollout: 'text',
    repository: 'text',
    foundRevision: 'text?',
    foundSequence: 'sequence',
    replay: 'json?',
    ...instants,
    ...lasting,
  },
  { isFinal: hasEnded },
);

/** One stretch of time in which a target held the same and its last attempt stood the same, by when it happened. */
export type TargetAppliedRow = TargetKey & Began & TargetApplied & Instants & { readonly during: Span };
export const targetAppliedTable = defineTable<TargetAppliedRow>(
  'target_applied',
  {
    ...key,
    ...began,
    revision: 'text?',
    appliedPlan: 'text?',
    appliedSequence: 'sequence',
    manifests: 'text?',
    outcome: 'text?',
    outcomeOf: 'text?',
    outcomeMessage: 'text?',
    outcomeSequence: 'sequence',
    driftMessage: 'text?',
    driftSequence: 'sequence',
    driftSince: 'instant?',
    driftObjects: 'integer?',
    driftDocument: 'text?',
    ...instants,
    ...lasting,
  },
  { isFinal: hasEnded },
);

/** One stretch of time in which a target's health was the same, by when it happened. */
export type TargetHealthRow = TargetKey & Began & TargetHealth & Instants & { readonly during: Span };
export const targetHealthTable = defineTable<TargetHealthRow>(
  'target_health',
  {
    ...key,
    ...began,
    ...health,
    ...instants,
    ...lasting,
  },
  { isFinal: hasEnded },
);
