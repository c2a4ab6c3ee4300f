import type { DriftedObject, PlanEvent, TargetEvent } from '@syncline/events';
import { canonicalJson } from '@syncline/kernel';
import type { LoggedEvent } from '@syncline/read-models';

/** What is known of one of the two targets at an instant. */
export type Side = {
  /** What the target was to be made of, without what is its cluster's own: equal where the same was asked of both. */
  readonly source?: string;
  /** What was applied last; digest of the recorded render as it is stored, and of its objects alone. */
  readonly applied?: {
    readonly plan: string;
    readonly revision: string;
    readonly manifests: string;
    readonly render: string;
  };
  /** What is drifted, without uids and managers; absent where nothing is. */
  readonly drift?: string;
  readonly driftObjects?: readonly DriftedObject[];
  /** It was let go of, or its application retired. */
  readonly isGone: boolean;
  readonly asked?: string;
  readonly drafted: ReadonlyMap<string, string>;
};

/** Nothing is known yet. */
export const unknownSide: Side = { isGone: false, drafted: new Map() };

/** Which events are read of a target: its plans' and its own. */
export const partingTypes = [
  'PlanRequested', 'PlanDrafted', 'PlanUnchanged', 'ApplySucceeded', 'DriftDetected', 'DriftHealed', 'TargetReleased',
  'TargetOrphaned',
] as const; // prettier-ignore

type Known = Extract<PlanEvent | TargetEvent, { type: (typeof partingTypes)[number] }>;
type Requested = Extract<Known, { type: 'PlanRequested' }>['data'];

/** Substitutions, patches and values are a cluster's own; everything else is the application's. */
const sourceOf = ({ revision, spec, recorded }: Requested): string => {
  const { repository, path, from, renderer, helm, namespace } = spec;
  const chart = helm && { chart: helm.chart, releaseName: helm.releaseName };
  return canonicalJson({
    ...{ revision, repository, path, from: from ?? null, renderer, chart: chart ?? null, namespace },
    recorded: recorded?.plan ?? null,
  });
};

const driftText = (objects: readonly DriftedObject[], count: number): string =>
  canonicalJson({
    count,
    objects: objects.map(({ object, change, fields }) => ({
      ...{ object, change },
      fields: fields.map(({ path, to }) => ({ path, to: to ?? null })),
    })),
  });

const withoutDrift = (side: Side): Side => {
  const rest: { drift?: string; driftObjects?: readonly DriftedObject[] } & Side = { ...side };
  delete rest.drift;
  delete rest.driftObjects;
  return rest;
};

/** Folds one event of the target; the same side where it changes nothing of what is compared. Pure. */
export const evolveSide = (side: Side, { type, data }: LoggedEvent): Side => {
  const event = { type, data } as Known;
  switch (event.type) {
    case 'PlanRequested':
      return { ...side, asked: sourceOf(event.data) };
    case 'PlanDrafted':
      return {
        ...side,
        drafted: new Map(
          [...side.drafted, [event.data.plan, side.asked ?? '']].slice(-20) as [string, string][],
        ),
      };
    case 'PlanUnchanged':
      return side.applied && side.asked !== undefined ? { ...side, source: side.asked } : side;
    case 'ApplySucceeded': {
      const { plan, revision, manifests, render } = event.data;
      const source = side.drafted.get(plan) ?? revision;
      return {
        ...side,
        source,
        applied: { plan, revision, manifests: manifests.digest, render },
        isGone: false,
      };
    }
    case 'DriftDetected': {
      const { objects, objectCount } = event.data;
      return { ...side, drift: driftText(objects, objectCount), driftObjects: objects };
    }
    case 'DriftHealed':
      return withoutDrift(side);
    case 'TargetReleased':
    case 'TargetOrphaned':
      return { ...withoutDrift(side), isGone: true };
    default:
      return event satisfies never;
  }
};
