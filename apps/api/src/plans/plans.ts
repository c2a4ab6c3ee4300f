import { Inject } from '@nestjs/common';
import { encodeToken, planDocument } from '@syncline/events';
import { BlobStore, clusterOwner } from '@syncline/kernel';
import { Views, type ApprovalRow, type PlanFilter, type PlanRow } from '@syncline/read-models';
import { z } from 'zod';

import { PeopleNames } from '../people/people-names.js';
import { notFound, Problem } from '../problems/problem.js';
import { PastPlans } from './past-plans.js';

const summary = z.object({
  plan: z.string(),
  change: z.string(),
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  revision: z.string(),
  rollout: z.string(),
  state: z.string(),
  actions: z.record(z.string(), z.int()),
  certainties: z.record(z.string(), z.int()),
  predicted: z.boolean(),
  needs: z.array(z.string()),
  refused: z.array(z.string()),
  draftedAt: z.string(),
  occurredAt: z.string(),
  recordedAt: z.string(),
});
const approvalShape = z.object({
  position: z.string(),
  decision: z.enum(['grant', 'reject']),
  by: z.string(),
  person: z.object({ name: z.string(), email: z.string() }).nullable(),
  reason: z.string().optional(),
  occurredAt: z.string(),
  recordedAt: z.string(),
});
/** Plans, the one drafted last first. */
export const planPage = z.object({ items: z.array(summary), next: z.string().optional() });
/** One plan whole: the document whose digest it is, and what became of it. */
export const planAnswer = summary.omit({ plan: true }).extend({
  digest: z.string(),
  plan: z.unknown(),
  target: z.object({ project: z.string(), application: z.string(), cluster: z.string() }),
  approvals: z.array(approvalShape),
});

const summaryOf = (row: PlanRow): z.infer<typeof summary> => ({
  ...{ plan: row.plan, change: row.change, project: row.project, application: row.application },
  ...{ cluster: row.cluster, revision: row.revision, rollout: row.rollout, state: row.state },
  ...{ actions: { ...row.actions }, certainties: { ...row.certainties }, predicted: row.predicted },
  ...{ needs: [...row.needs], refused: [...row.refused], draftedAt: row.draftedAt },
  ...{ occurredAt: row.occurredAt, recordedAt: row.recordedAt },
});

/** Finds plans in the views, and their documents among the blobs. */
export class Plans {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(PeopleNames) private readonly names: PeopleNames,
    @Inject(PastPlans) private readonly past: PastPlans,
  ) {}

  /** Plans, or with an instant (RFC 3339) those that had been drafted by then, as they were then. */
  async page(
    filter: { [Key in keyof PlanFilter]: PlanFilter[Key] | undefined },
    at?: string,
  ): Promise<z.infer<typeof planPage>> {
    const { limit = 50, ...where } = filter;
    const given = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined));
    const asked = { ...given, limit: limit + 1 };
    const found = at === undefined ? await this.views.plans(asked) : await this.past.list(at, asked);
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    return {
      items: rows.map(summaryOf),
      ...(found.length > limit && last && { next: String(last.draftedSequence) }),
    };
  }

  /** The one plan whose digest begins so; with an instant, of those that had been drafted by then, as it was then. */
  async find(prefix: string, at?: string): Promise<PlanRow> {
    const [found, another] = await this.views.plansByPrefix(prefix, at);
    const row = found && at !== undefined ? await this.past.one(at, found) : found;
    if (another) {
      throw new Problem(
        409,
        'plan-ambiguous',
        `More than one plan begins with ${prefix}. Give more of its digest.`,
      );
    }
    if (row) return row;
    const when = at === undefined ? 'There is' : `As of ${at} there was`;
    throw notFound('plan-unknown', `${when} no plan ${prefix}. GET /v1/plans lists those that there are.`);
  }

  async show(prefix: string, at?: string): Promise<z.infer<typeof planAnswer>> {
    const row = await this.find(prefix, at);
    const [bytes, approvals] = await Promise.all([
      this.blobs.get(clusterOwner(encodeToken(row.cluster)), row.document),
      this.views.approvals(row.plan, at),
    ]);
    const { plan: digest, ...rest } = summaryOf(row);
    const { project, application, cluster } = row;
    return {
      ...rest,
      digest,
      plan: planDocument.parse(JSON.parse(new TextDecoder().decode(bytes))),
      target: { project, application, cluster },
      approvals: await Promise.all(approvals.map((one) => this.#approval(one))),
    };
  }

  async #approval(row: ApprovalRow): Promise<z.infer<typeof approvalShape>> {
    return {
      position: `${row.sequence}.${row.index}`,
      ...{ decision: row.decision, by: row.decidedBy },
      person: (await this.names.personOf(row.decidedBy)) ?? null,
      ...(row.reason !== null && { reason: row.reason }),
      ...{ occurredAt: row.occurredAt, recordedAt: row.recordedAt },
    };
  }
}
