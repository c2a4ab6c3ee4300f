import { Inject } from '@nestjs/common';
import { subjects } from '@syncline/events';
import {
  Views, type ApplicationName, type ApplicationRow, type FleetStateRow, type ParkedRow, type Past,
} from '@syncline/read-models'; // prettier-ignore

import type { Facts } from './holds.js';

/** What is looked at for each target. */
export type TargetFacts = Omit<Facts, 'application' | 'pausedBy'>;
/** What is known of an application and its targets; without it where there is no such application. */
export type ApplicationFacts = {
  readonly application: ApplicationRow | undefined;
  readonly targets: readonly TargetFacts[];
};

/** Subjects of what a target depends on: its repository, its application, its cluster, and its own. */
const subjectsOf = ({ repository, project, application, cluster }: FleetStateRow): readonly string[] => [
  subjects.repository(repository),
  subjects.configuration(repository),
  subjects.application(project, application),
  subjects.plan(cluster, project, application),
  subjects.target(cluster, project, application),
  subjects.fleet(cluster),
  subjects.link(cluster),
];

/** The parked subjects that keep a target from what comes. */
const parkedOf = (target: FleetStateRow, parked: readonly ParkedRow[]): readonly ParkedRow[] =>
  parked.filter(({ subject }) => subjectsOf(target).includes(subject));

/** Gathers what says why targets are as they are: now from the views, or folded from what had happened by an instant. */
export class KnownFacts {
  constructor(@Inject(Views) private readonly views: Views) {}

  of(name: ApplicationName, cluster: string | undefined, at: string | undefined): Promise<ApplicationFacts> {
    const filter = { ...name, ...(cluster !== undefined && { cluster }) };
    return at === undefined ? this.#now(name, filter) : this.#then(name, filter, at);
  }

  async #now(
    name: ApplicationName,
    filter: ApplicationName & { readonly cluster?: string },
  ): Promise<ApplicationFacts> {
    const application = await this.views.application(name);
    if (!application) return { application, targets: [] };
    const [targets, repositories, parked, rollout] = await Promise.all([
      this.views.fleet(filter),
      this.views.repositories(),
      this.views.parked(),
      application.rollout === null ? undefined : this.views.rollout(application.rollout),
    ]);
    const repository = repositories.find((one) => one.repository === application.repository);
    const each = async (target: FleetStateRow): Promise<TargetFacts> => {
      const [cluster, [plan]] = await Promise.all([
        this.views.cluster(target.cluster),
        this.views.plans({ ...name, cluster: target.cluster, limit: 1 }),
      ]);
      return { target, repository, cluster, plan, rollout, parked: parkedOf(target, parked) };
    };
    return { application, targets: await Promise.all(targets.map(each)) };
  }

  async #then(
    name: ApplicationName,
    filter: ApplicationName & { readonly cluster?: string },
    at: string,
  ): Promise<ApplicationFacts> {
    const own = subjects.application(name.project, name.application);
    const [declared, targets] = await Promise.all([
      this.views.past(at, { subjects: [own] }),
      this.views.fleetAt(at, filter),
    ]);
    const application = declared.application(name.project, name.application);
    if (!application) return { application, targets: [] };
    const repository = { ...name, cluster: '', repository: application.repository };
    const past = await this.views.past(at, {
      subjects: [
        ...new Set([
          own,
          ...targets.flatMap((one) => subjectsOf({ ...one, ...repository, cluster: one.cluster })),
        ]),
      ],
      types: ['SubjectParked', 'SubjectResumed'],
    });
    return { application, targets: targets.map((target) => factsThen(target, application, past)) };
  }
}

const factsThen = (target: FleetStateRow, application: ApplicationRow, past: Past): TargetFacts => ({
  target,
  repository: past.repositories().find((one) => one.repository === application.repository),
  cluster: past.clusters().find((one) => one.cluster === target.cluster),
  plan: past.plans(target.cluster)[0],
  rollout: application.rollout === null ? undefined : past.rollout(application.rollout),
  parked: parkedOf(target, past.parked()),
});
