import type { Request } from '@syncline/domain';
import type { TargetSpec } from '@syncline/events';

import type { StoredManifests } from './manifests.js';
import type { PlanningRequest } from './target-planner.js';

/** Where a spec is carried out that comes from the record: where it was then. */
const placed = (spec: TargetSpec, namespace: string): TargetSpec => ({ ...spec, namespace });

/** What is planned from manifests that are there already: those of the record, or in a heal those that were applied last. */
export const fromRecord = (
  { spec, recorded }: Request,
  applied?: StoredManifests,
): Pick<PlanningRequest, 'applied' | 'recorded'> & Partial<Pick<PlanningRequest, 'spec'>> => {
  if (!recorded) return applied ? { applied } : {};
  const { manifests, render, namespace } = recorded;
  return { applied: applied ?? { manifests, render }, recorded, spec: placed(spec, namespace) };
};
