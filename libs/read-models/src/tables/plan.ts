import { always, defineTable } from './table.js';

type Instants = { readonly occurredAt: string; readonly recordedAt: string };
const instants = { occurredAt: 'instant', recordedAt: 'instant' } as const;
type TargetKey = { readonly cluster: string; readonly project: string; readonly application: string };
const target = { cluster: 'text', project: 'text', application: 'text' } as const;

export const planStates = [
  'AwaitingApproval', 'Refused', 'Observed', 'Approved', 'Rejected', 'Invalidated', 'Superseded',
  'Applying', 'Applied', 'Failed', 'Aborted',
] as const; // prettier-ignore
export type PlanState = (typeof planStates)[number];

/** One drafted plan and what has become of it. */
export type PlanRow = TargetKey &
  Instants & {
    readonly plan: string;
    readonly change: string;
    readonly rollout: string;
    readonly revision: string;
    readonly state: PlanState;
    /** The blob that holds the plan, under owner `hub`. */
    readonly document: string;
    readonly actions: Readonly<Record<string, number>>;
    readonly certainties: Readonly<Record<string, number>>;
    readonly predicted: boolean;
    readonly needs: readonly string[];
    readonly refused: readonly string[];
    readonly correlationId: string;
    readonly draftedSequence: number;
    readonly draftedAt: string;
  };
export const planTable = defineTable<PlanRow>('plan', {
  plan: 'text!',
  ...target,
  change: 'text',
  rollout: 'text',
  revision: 'text',
  state: 'text',
  document: 'text',
  actions: 'json',
  certainties: 'json',
  predicted: 'boolean',
  needs: 'json',
  refused: 'json',
  correlationId: 'text',
  draftedSequence: 'sequence',
  draftedAt: 'instant',
  ...instants,
});

/** A grant or rejection of one plan, by a rule (`rule:automatic`) or a person (`person:<id>`). */
export type ApprovalRow = TargetKey &
  Instants & {
    readonly sequence: number;
    readonly index: number;
    readonly plan: string;
    readonly revision: string;
    readonly decision: 'grant' | 'reject';
    readonly decidedBy: string;
    readonly reason: string | null;
    readonly actor: string;
    readonly correlationId: string;
  };
export const approvalTable = defineTable<ApprovalRow>(
  'approval',
  {
    sequence: 'sequence!',
    index: 'integer!',
    ...target,
    plan: 'text',
    revision: 'text',
    decision: 'text',
    decidedBy: 'text',
    reason: 'text?',
    actor: 'text',
    correlationId: 'text',
    ...instants,
  },
  { isFinal: always },
);
