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

type TargetKey = { readonly cluster: string; readonly project: string; readonly application: string };
type Instants = { readonly occurredAt: string; readonly recordedAt: string };

/** One application on one cluster as it is now, with where each of its two states began. */
export type TargetRow = TargetKey &
  TargetSync &
  TargetHealth &
  Instants & {
    readonly repository: string;
    readonly rollout: string;
    /** The plan whose apply succeeded last. */
    readonly appliedPlan: string | null;
    /** When sync or health last became another word. */
    readonly since: string;
    readonly syncSequence: number;
    readonly syncIndex: number;
    readonly syncOccurredAt: string;
    readonly syncRecordedAt: string;
    readonly healthSequence: number;
    readonly healthIndex: number;
    readonly healthOccurredAt: string;
    readonly healthRecordedAt: string;
  };

const key = { cluster: 'text!', project: 'text!', application: 'text!' } as const;
const sync = {
  sync: 'text', revision: 'text?', desiredRevision: 'text', plan: 'text?', message: 'text?', mode: 'text',
} as const; // prettier-ignore
const health = { health: 'text', healthPlan: 'text?', healthMessage: 'text?' } as const;
const instants = { occurredAt: 'instant', recordedAt: 'instant' } as const;

export const targetTable = defineTable<TargetRow>('target', {
  ...key,
  ...sync,
  ...health,
  ...instants,
  repository: 'text',
  rollout: 'text',
  appliedPlan: 'text?',
  since: 'instant',
  syncSequence: 'sequence',
  syncIndex: 'integer',
  syncOccurredAt: 'instant',
  syncRecordedAt: 'instant',
  healthSequence: 'sequence',
  healthIndex: 'integer',
  healthOccurredAt: 'instant',
  healthRecordedAt: 'instant',
});

type Began = { readonly sequence: number; readonly index: number };
const began = { sequence: 'sequence!', index: 'integer!' } as const;
const lasting = { during: 'range' } as const;

/** One stretch of time in which a target's sync was the same, by the log's clock. */
export type TargetStateRow = TargetKey & Began & TargetSync & Instants & { readonly during: Span };
export const targetStateTable = defineTable<TargetStateRow>(
  'target_state',
  {
    ...key,
    ...began,
    ...sync,
    ...instants,
    ...lasting,
  },
  { isFinal: hasEnded },
);

/** One stretch of time in which a target's health was the same, by the log's clock. */
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
