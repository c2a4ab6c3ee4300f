import { Inject } from '@nestjs/common';
import { AdapterError } from '@syncline/kernel';
import { Views, type FleetStateAtRow, type TargetFilter } from '@syncline/read-models';

import { RecordedManifests } from '../manifests/recorded-manifests.js';
import { PeopleNames } from '../people/people-names.js';
import { isSelected } from '../requests/selector.js';
import { pastTargetOf, type PastTarget } from './past-target.js';

/** What is asked of the past: which targets, and whether with the images that they run. */
export type PastQuery = TargetFilter & {
  readonly selector?: string | undefined;
  readonly images?: boolean | undefined;
};

/** Events that say what applications and clusters are labelled with. */
const labelling = {
  types: [
    'ApplicationDeclared', 'ApplicationRevised', 'ApplicationRetired', 'ClusterRegistered', 'ClusterRelabelled', 'ClusterRemoved',
  ],
} as const; // prettier-ignore

const atOnce = 16;

/** The fleet as it was. */
export class PastFleet {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(RecordedManifests) private readonly manifests: RecordedManifests,
    @Inject(PeopleNames) private readonly names: PeopleNames,
  ) {}

  /** The targets as they were at an instant, by what had happened by then. */
  async at(at: string, { selector, images = false, ...filter }: PastQuery): Promise<readonly PastTarget[]> {
    const rows = await this.rows(at, filter, selector);
    const targets = await this.#named(rows.map(pastTargetOf));
    if (!images) return targets;
    const left = [...targets.entries()];
    const work = async (): Promise<void> => {
      for (let next = left.pop(); next; next = left.pop()) {
        const [index, target] = next;
        targets[index] = await this.#withImages(target);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return targets;
  }

  /** Who approved, where people did. */
  async #named(targets: PastTarget[]): Promise<PastTarget[]> {
    const ids = targets.flatMap(({ approvedBy, applied }) => [approvedBy ?? '', applied?.approvedBy ?? '']);
    const people = await this.names.peopleOf(ids.filter((id) => id.startsWith('person:')));
    if (people.size === 0) return targets;
    return targets.map(({ applied, ...target }) => {
      const approver = people.get(target.approvedBy ?? '');
      const of = people.get(applied?.approvedBy ?? '');
      return {
        ...target,
        ...(approver && { approver }),
        ...(applied && { applied: { ...applied, ...(of && { approver: of }) } }),
      };
    });
  }

  async rows(at: string, filter: TargetFilter, selector?: string): Promise<readonly FleetStateAtRow[]> {
    const rows = await this.views.fleetAt(at, filter);
    if (selector === undefined) return rows;
    const past = await this.views.past(at, labelling);
    const clusters = new Map(past.clusters().map(({ cluster, labels }) => [cluster, labels]));
    const applications = new Map(
      past
        .applications()
        .map((one) => [`${one.project}/${one.application}`, one.spec.labels as Record<string, string>]),
    );
    return rows.filter((row) =>
      isSelected(selector, applications.get(`${row.project}/${row.application}`), clusters.get(row.cluster)),
    );
  }

  /** A render that cannot be read now leaves the images out, and the rest stands. */
  async #withImages(target: PastTarget): Promise<PastTarget> {
    const digest = target.applied?.manifests;
    if (digest === undefined) return target;
    try {
      return { ...target, images: [...(await this.manifests.images(target.cluster, digest))] };
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return target;
    }
  }
}
