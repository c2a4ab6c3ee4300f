import type { IgnoreRule, PlanEvent } from '@syncline/events';
import { beginning, type Aggregate, type BlobRef, type Position, type StoredEvent } from '@syncline/kernel';

type Drafted = Extract<PlanEvent, { type: 'PlanDrafted' }>['data'];
type LoggedPlanEvent = PlanEvent & Partial<Pick<StoredEvent, 'position' | 'correlationId'>>;

/** What an applier needs of a plan: where it is, and that these are its digests. */
export type PlanParts = {
  readonly plan: string;
  readonly revision: string;
  readonly document: BlobRef;
  readonly manifests: BlobRef;
  readonly render: string;
};

/** What the request says whatever became of it; the change that the newest event belongs to. */
type Asked = {
  readonly healthTimeoutSeconds: number;
  /** Where objects go that name no namespace. */
  readonly namespace: string;
  /** Fields that the application's manifest leaves to others. */
  readonly ignore: readonly IgnoreRule[];
  readonly correlationId: string;
};

/** An approved plan that nothing newer has taken the place of. */
export type ApprovedPlan = Asked & {
  readonly status: 'approved';
  readonly parts: PlanParts;
  /** Whether it undoes drift. */
  readonly heals: boolean;
  /** Where its approval stands in the log. */
  readonly approvedAt: Position;
};

/** A target's newest plan, as far as an applier is concerned. */
export type CurrentPlan =
  | (Asked & { readonly status: 'none' })
  | (Asked & { readonly status: 'drafted'; readonly parts: PlanParts })
  | ApprovedPlan
  | (Asked & {
      readonly status: 'released';
      readonly reason: string;
    });

const partsOf = ({ plan, revision, document, manifests, render }: Drafted): PlanParts => ({
  plan,
  revision,
  document,
  manifests,
  render,
});

const approve = (
  state: CurrentPlan,
  event: Extract<LoggedPlanEvent, { type: 'PlanApproved' }>,
  asked: Asked,
): CurrentPlan => {
  if (state.status !== 'drafted' || state.parts.plan !== event.data.plan) return state;
  return {
    ...asked,
    status: 'approved',
    parts: state.parts,
    heals: event.data.by === 'rule:heal',
    approvedAt: event.position ?? beginning,
  };
};

const nothing: readonly IgnoreRule[] = [];

/** What comes from the record goes where it went then. */
const askedOf = ({ spec, recorded }: Extract<PlanEvent, { type: 'PlanRequested' }>['data']) => ({
  healthTimeoutSeconds: spec.healthTimeoutSeconds,
  namespace: recorded?.namespace ?? spec.namespace,
  ignore: spec.ignore ?? nothing,
});

const evolve = (state: CurrentPlan, event: LoggedPlanEvent): CurrentPlan => {
  const { healthTimeoutSeconds, namespace, ignore } =
    event.type === 'PlanRequested' ? askedOf(event.data) : state;
  const asked = {
    healthTimeoutSeconds,
    namespace,
    ignore,
    correlationId: event.correlationId ?? state.correlationId,
  };
  switch (event.type) {
    case 'PlanDrafted':
      return { ...asked, status: 'drafted', parts: partsOf(event.data) };
    case 'PlanApproved':
      return approve(state, event, asked);
    case 'PlanRequested':
    case 'PlanHeld':
    case 'RenderFailed':
    case 'PlanUnchanged':
    case 'PlanRejected':
    case 'PlanInvalidated':
    case 'PlanSuperseded':
    case 'ReplayRequested':
    case 'UndeleteRequested':
    case 'ReplayEnded':
      return { ...asked, status: 'none' };
    case 'TargetReleased':
      return { ...asked, status: 'released', reason: event.data.reason };
    default:
      return event satisfies never;
  }
};

/**
 * `ev.plan.<cluster>.<project>.<app>` as an applier reads it, to know which plan it may carry out. It decides nothing:
 * the planner alone writes there.
 */
export const currentPlan: Aggregate<CurrentPlan, never, LoggedPlanEvent> = {
  name: 'current-plan',
  version: 2,
  decider: {
    initial: { status: 'none', healthTimeoutSeconds: 300, namespace: '', ignore: nothing, correlationId: '' },
    decide: () => [],
    evolve,
  },
};
