import { Inject } from '@nestjs/common';
import { subjects } from '@syncline/events';
import {
  Views, type ApplicationName, type ApplicationRow, type FleetStateRow, type ParkedRow, type RepositoryRow,
} from '@syncline/read-models'; // prettier-ignore
import { z } from 'zod';

import { PeopleNames } from '../people/people-names.js';
import { notFound } from '../problems/problem.js';
import { holders, holdsOf } from './holds.js';

const person = z.object({ name: z.string(), email: z.string() });
const hold = z.object({
  by: z.enum(holders),
  sentence: z.string(),
  since: z.string(),
  free: z.string(),
});
/** How what runs came to run: the commit, the plan, who allowed it. */
const origin = z.object({
  revision: z.string(),
  message: z.string().optional(),
  author: person.optional(),
  committedAt: z.string().optional(),
  plan: z.string().optional(),
  approvedBy: z.string().optional(),
  approver: person.optional(),
  approvedAt: z.string().optional(),
});
const targetWhy = z.object({
  cluster: z.string(),
  sync: z.string(),
  health: z.string(),
  since: z.string(),
  revision: z.string().nullable(),
  desiredRevision: z.string(),
  /** What holds it, the nearest first; empty where nothing does. */
  holds: z.array(hold),
  /** What runs; absent where nothing was applied yet. */
  runs: origin.optional(),
});

export const whyAnswer = z.object({
  project: z.string(),
  application: z.string(),
  retired: z.boolean(),
  targets: z.array(targetWhy),
});
type Origin = z.infer<typeof origin>;

/** Where the targets of an application stand, judged from the views. */
export class Standing {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(PeopleNames) private readonly names: PeopleNames,
  ) {}

  async of(name: ApplicationName, cluster?: string): Promise<z.infer<typeof whyAnswer>> {
    const application = await this.views.application(name);
    if (!application)
      throw notFound(
        'application-unknown',
        `There is no application ${name.project}/${name.application}. GET /v1/applications lists those that there are.`,
      );
    const [targets, repositories, parked] = await Promise.all([
      this.views.fleet({ ...name, ...(cluster !== undefined && { cluster }) }),
      this.views.repositories(),
      this.views.parked(),
    ]);
    if (cluster !== undefined && targets.length === 0)
      throw notFound('target-unknown', `${name.application} is not placed on ${cluster}.`);
    const repository = repositories.find((one) => one.repository === application.repository);
    const shared = { application, repository, parked };
    return {
      ...{ project: name.project, application: name.application, retired: application.retired },
      targets: await Promise.all(targets.map((target) => this.#target(target, shared))),
    };
  }

  async #target(
    target: FleetStateRow,
    { application, repository, parked }: Shared,
  ): Promise<z.infer<typeof targetWhy>> {
    const name = { project: target.project, application: target.application };
    const [cluster, [plan], rollout, paused] = await Promise.all([
      this.views.cluster(target.cluster),
      this.views.plans({ ...name, cluster: target.cluster, limit: 1 }),
      application.rollout === null ? undefined : this.views.rollout(application.rollout),
      application.pause ? this.names.personOf(application.pause.by) : undefined,
    ]);
    const own = parked.filter(({ subject }) => isAbout(subject, target));
    const facts = { target, application, repository, cluster, plan, rollout, parked: own };
    const holds = holdsOf({ ...facts, pausedBy: paused?.name });
    const runs = await this.#origin(target);
    const { sync, health, since, revision, desiredRevision } = target;
    return {
      ...{ cluster: target.cluster, sync, health, since, revision, desiredRevision },
      holds: [...holds],
      ...(runs && { runs }),
    };
  }

  async #origin({ revision, repository, appliedPlan }: FleetStateRow): Promise<Origin | undefined> {
    if (revision === null) return undefined;
    const [sightings, approvals] = await Promise.all([
      this.views.revisions([revision]),
      appliedPlan === null ? [] : this.views.approvals(appliedPlan),
    ]);
    const seen = sightings.findLast((one) => one.repository === repository);
    const granted = approvals.findLast(({ decision }) => decision === 'grant');
    const [author, approver] = await Promise.all([
      seen ? this.names.personOf(seen.author) : undefined,
      granted ? this.names.personOf(granted.decidedBy) : undefined,
    ]);
    return {
      revision,
      ...(seen && { message: seen.message, committedAt: seen.committedAt }),
      ...(author && { author }),
      ...(appliedPlan !== null && { plan: appliedPlan }),
      ...(granted && { approvedBy: granted.decidedBy, approvedAt: granted.occurredAt }),
      ...(approver && { approver }),
    };
  }
}

type Shared = {
  readonly application: ApplicationRow;
  readonly repository: RepositoryRow | undefined;
  readonly parked: readonly ParkedRow[];
};

/** Whether a parked subject keeps this target from what comes: its repository's, its application's, or its own. */
const isAbout = (subject: string, { repository, project, application, cluster }: FleetStateRow): boolean =>
  [
    subjects.repository(repository),
    subjects.configuration(repository),
    subjects.application(project, application),
    subjects.plan(cluster, project, application),
    subjects.target(cluster, project, application),
    subjects.fleet(cluster),
    subjects.link(cluster),
  ].includes(subject);
