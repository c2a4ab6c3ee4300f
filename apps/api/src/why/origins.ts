import { Inject } from '@nestjs/common';
import { encodeToken } from '@syncline/events';
import {
  Views, type ApplicationName, type ApprovalRow, type FleetStateRow, type LoggedEvent, type RevisionRow,
} from '@syncline/read-models'; // prettier-ignore
import { z } from 'zod';

import { PeopleNames } from '../people/people-names.js';
import { chainOf, steps } from './chain.js';

/** Of one change of an application. */
const mostEvents = 5_000;

const person = z.object({ name: z.string(), email: z.string() });
const step = z.object({
  step: z.enum(steps),
  sentence: z.string(),
  at: z.string(),
  position: z.string().optional().describe('of the event that says it'),
  by: z.string().optional(),
});
/** How what runs came to run: the commit, the plan, who allowed it, and each step back to the commit. */
export const origin = z.object({
  revision: z.string(),
  message: z.string().optional(),
  author: person.optional(),
  committedAt: z.string().optional(),
  plan: z.string().optional(),
  approvedBy: z.string().optional(),
  approver: person.optional(),
  approvedAt: z.string().optional(),
  chain: z.array(step),
});
type Origin = z.infer<typeof origin>;

/** Finds how what runs came to run. */
export class Origins {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(PeopleNames) private readonly names: PeopleNames,
  ) {}

  /** Of the targets of one application by an instant (RFC 3339): what several have in common is read once. */
  asked(name: ApplicationName, at: string): AskedOrigins {
    return new AskedOrigins(this.views, this.names, name, at);
  }
}

class AskedOrigins {
  readonly #changes = new Map<string, Promise<readonly LoggedEvent[]>>();
  readonly #commits = new Map<string, Promise<readonly RevisionRow[]>>();

  constructor(
    private readonly views: Views,
    private readonly names: PeopleNames,
    private readonly name: ApplicationName,
    private readonly at: string,
  ) {}

  async of({
    cluster,
    revision,
    repository,
    appliedPlan,
  }: Pick<FleetStateRow, 'cluster' | 'revision' | 'repository' | 'appliedPlan'>): Promise<
    Origin | undefined
  > {
    if (revision === null) return undefined;
    const [commit, approvals, events] = await Promise.all([
      this.#commit(revision, repository),
      appliedPlan === null ? [] : this.#approvals(appliedPlan),
      this.#events(cluster, appliedPlan, revision),
    ]);
    const granted = approvals.findLast(({ decision }) => decision === 'grant');
    const people = await this.names.peopleOf([
      ...(commit ? [commit.author] : []),
      ...approvals.map(({ decidedBy }) => decidedBy),
      ...events.flatMap(wisherOf),
    ]);
    const author = commit && people.get(commit.author);
    const approver = granted && people.get(granted.decidedBy);
    const nameOf = (actor: string): string | undefined => people.get(actor)?.name;
    const chain = chainOf({ cluster, plan: appliedPlan ?? '', revision, events, approvals, commit, nameOf });
    return {
      revision,
      ...(commit && { message: commit.message, committedAt: commit.committedAt }),
      ...(author && { author }),
      ...(appliedPlan !== null && { plan: appliedPlan }),
      ...(granted && { approvedBy: granted.decidedBy, approvedAt: granted.occurredAt }),
      ...(approver && { approver }),
      chain: [...chain],
    };
  }

  async #commit(revision: string, repository: string): Promise<RevisionRow | undefined> {
    const known = this.#commits.get(revision) ?? this.views.revisions([revision]);
    this.#commits.set(revision, known);
    return (await known).findLast((one) => one.repository === repository && one.occurredAt <= this.at);
  }

  async #approvals(plan: string): Promise<readonly ApprovalRow[]> {
    return (await this.views.approvals(plan)).filter(({ occurredAt }) => occurredAt <= this.at);
  }

  /** The events of the change that the applied plan belongs to, and of the one that found it unchanged. */
  async #events(cluster: string, plan: string | null, revision: string): Promise<readonly LoggedEvent[]> {
    const [row] = plan === null ? [] : await this.views.plansByPrefix(plan);
    const found = row?.revision === revision ? [] : await this.views.rollouts(this.name, 1, { revision });
    const ids = [...(row ? [row.correlationId] : []), ...found.map(({ correlationId }) => correlationId)];
    const changes = await Promise.all([...new Set(ids)].map((id) => this.#change(id)));
    return changes
      .flat()
      .filter(({ time, subject }) => Date.parse(time) <= Date.parse(this.at) && isFor(subject, cluster));
  }

  #change(correlationId: string): Promise<readonly LoggedEvent[]> {
    const known =
      this.#changes.get(correlationId) ?? this.views.eventsOfChanges(this.name, [correlationId], mostEvents);
    this.#changes.set(correlationId, known);
    return known;
  }
}

/** Who wanted what a plan of the record brings. */
const wisherOf = ({ data }: LoggedEvent): readonly string[] => {
  const { recorded } = data as { readonly recorded?: { readonly by: string } };
  return recorded ? [recorded.by] : [];
};

/** Whether a subject is of no cluster, or of this one. */
const isFor = (subject: string, cluster: string): boolean => {
  const of = /^ev\.(?:plan|cluster)\.([^.]+)\./.exec(subject)?.[1];
  return of === undefined || of === encodeToken(cluster);
};
