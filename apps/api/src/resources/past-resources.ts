import { Inject } from '@nestjs/common';
import {
  subjects,
  type ObjectName,
  type Resource,
  type ResourcesAnswer,
  type TargetEvent,
} from '@syncline/events';
import { canonicalJson } from '@syncline/kernel';
import { Views, type ApplicationName, type FleetStateAtRow } from '@syncline/read-models';

import { RecordedManifests, type Manifest } from '../manifests/recorded-manifests.js';
import { notFound } from '../problems/problem.js';

type Held = ResourcesAnswer & { readonly cluster: string };
type Said<Type extends TargetEvent['type']> = Extract<TargetEvent, { type: Type }>['data'];

const notRecorded =
  'This is what was applied, with the health that was said of it: what the objects owned, and the events of the cluster, are not recorded.';
const partly =
  'More objects kept it from being Current than were named: those whose health is Unknown may be among them.';

const nameOf = (manifest: Manifest): ObjectName => {
  const { apiVersion, kind, metadata } = manifest as Partial<ObjectName> & {
    readonly metadata?: { readonly name?: string; readonly namespace?: string };
  };
  const { name = '', namespace } = metadata ?? {};
  return {
    apiVersion: apiVersion ?? '',
    kind: kind ?? '',
    ...(namespace !== undefined && { namespace }),
    name,
  };
};

/** What targets held as of an instant, as far as it was recorded: what was applied, and what was said of its health. */
export class PastResources {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(RecordedManifests) private readonly manifests: RecordedManifests,
  ) {}

  /** The targets of an application then, or the one on a cluster. Refuses what was not placed. */
  async at(at: string, name: ApplicationName, cluster?: string): Promise<readonly Held[]> {
    const rows = await this.views.fleetAt(at, { ...name, ...(cluster !== undefined && { cluster }) });
    if (rows.length === 0)
      throw notFound(
        'target-unknown',
        `${name.project}/${name.application} was not on ${cluster ?? 'any cluster'} as of ${at}.`,
      );
    return Promise.all(rows.map((row) => this.#of(at, row)));
  }

  async #of(at: string, row: FleetStateAtRow): Promise<Held> {
    const { cluster, project, application, manifests, appliedPlan } = row;
    const nothing = { cluster, resources: [], omitted: 0, missing: [], notes: [] };
    if (manifests === null || appliedPlan === null)
      return { ...nothing, notes: ['Nothing was applied then.'] };
    const objects = (await this.manifests.objects(cluster, manifests)).map(nameOf);
    const subject = subjects.target(cluster, project, application);
    const { events } = await this.views.past(at, { subjects: [subject] });
    const health = lastOf(events, 'HealthTransitioned', appliedPlan);
    const drift = row.driftSince === null ? undefined : lastOf(events, 'DriftDetected', appliedPlan);
    const gone = new Set(drift?.objects.filter(({ change }) => change === 'deleted').map(({ object }) => canonicalJson(object))); // prettier-ignore
    const isThere = (object: ObjectName): boolean => !gone.has(canonicalJson(object));
    const isPartial = health !== undefined && health.objectCount > health.objects.length;
    return {
      ...nothing,
      resources: objects.filter(isThere).map((object) => resourceOf(object, health)),
      missing: objects.filter((object) => !isThere(object)),
      notes: [notRecorded, ...(isPartial ? [partly] : [])],
    };
  }
}

/** The last that was said of a plan on a target. */
const lastOf = <Type extends 'HealthTransitioned' | 'DriftDetected'>(
  events: readonly { readonly type: string; readonly data: unknown }[],
  type: Type,
  plan: string,
): Said<Type> | undefined =>
  events.findLast((one) => one.type === type && (one.data as Said<Type>).plan === plan)?.data as
    Said<Type> | undefined;

/** Where a target was Current each of its objects was; else those that were named were not, and of the others nobody said. */
const resourceOf = (object: ObjectName, said: Said<'HealthTransitioned'> | undefined): Resource => {
  const named = said?.objects.find((one) => canonicalJson(one.object) === canonicalJson(object));
  if (named) return { object, health: named.health, message: named.message, events: [] };
  return { object, health: said?.to === 'Current' ? 'Current' : 'Unknown', events: [] };
};
