import { Inject } from '@nestjs/common';
import { encodeToken, planDocument, type DriftedObject } from '@syncline/events';
import { BlobStore, clusterOwner } from '@syncline/kernel';
import { Views, type DriftRow, type FleetStateRow, type RecentChange } from '@syncline/read-models';
import { z } from 'zod';

import { writesOf } from '../drift/drift-writes.js';
import { PeopleNames } from '../people/people-names.js';
import { relate, relations, type Failing, type Relation } from './relate.js';

const namedObject = z.object({ kind: z.string(), namespace: z.string().optional(), name: z.string() });
const touched = z.object({
  object: namedObject,
  action: z.string(),
  changes: z.array(
    z.object({ path: z.string(), change: z.string(), from: z.json().optional(), to: z.json().optional() }),
  ),
  more: z.int().describe('fields that changed besides'),
});
const suspect = z.object({
  relation: z
    .enum(relations)
    .describe('what it touched: the failing objects, their application, namespace or cluster'),
  project: z.string(),
  application: z.string(),
  revision: z.string(),
  plan: z.string(),
  state: z.string(),
  startedAt: z.string(),
  approvedBy: z.string().nullable(),
  message: z.string().nullable().describe('of the commit'),
  author: z.string().nullable().describe('a name where it may be shown, else an id'),
  touched: z.array(touched).describe('at most ten objects'),
  touchedCount: z.int(),
});
const drifted = z.object({
  project: z.string(),
  application: z.string(),
  firstSeen: z.string(),
  until: z.string().nullable(),
  objects: z.array(z.unknown()),
  objectCount: z.int(),
  users: z.array(z.string()).describe('who made it, by the audit log of the API server'),
});
const failure = z.object({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  sync: z.string(),
  health: z.string(),
  since: z.string(),
  message: z.string().nullable(),
  objects: z.array(namedObject.extend({ message: z.string() })),
  suspects: z.array(suspect),
  suspectsUnread: z.int().describe('changes whose plan could not be read'),
  drift: z.array(drifted).describe('of the target, and of objects of its namespace'),
});

/** What fails now, each with what was changed before it failed. */
export const suspectsAnswer = z.object({ within: z.string(), failing: z.array(failure) });
type Suspect = z.infer<typeof suspect>;
type Failure = z.infer<typeof failure>;

const healthSaid = z.looseObject({
  objects: z.array(z.looseObject({ object: namedObject, health: z.string(), message: z.string() })),
});

const placedIn = z.looseObject({ namespace: z.string() });

const failingWords: ReadonlySet<string> = new Set(['Failed', 'NotFound']);
const isFailing = ({ sync, health }: FleetStateRow): boolean => sync === 'Failed' || failingWords.has(health);

const mostFailing = 50;
const mostChanges = 100;
const mostDrifts = 200;
const mostTouched = 10;

const nearest = (a: { relation: Relation; startedAt: string }, b: typeof a): number =>
  relations.indexOf(a.relation) - relations.indexOf(b.relation) || b.startedAt.localeCompare(a.startedAt);

/** Finds, for what fails now, the changes before it failed that touched it, the nearest first. */
export class Suspects {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(PeopleNames) private readonly names: PeopleNames,
  ) {}

  /** `withinMs`: how long before a target began to fail changes count. */
  async of(
    where: { readonly project?: string; readonly application?: string; readonly cluster?: string },
    withinMs: number,
  ): Promise<readonly Failure[]> {
    const rows = (await this.views.fleet(where)).filter(isFailing);
    rows.sort((a, b) => b.since.localeCompare(a.since));
    return Promise.all(rows.slice(0, mostFailing).map((row) => this.#failure(row, withinMs)));
  }

  async #failure(row: FleetStateRow, withinMs: number): Promise<Failure> {
    const { project, application, cluster } = row;
    const said = healthSaid.safeParse(await this.views.healthSaid({ cluster, project, application }));
    const causes = failingWords.has(row.health) && said.success ? said.data.objects : [];
    const objects = causes.map(({ object, message }) => ({ ...namedObject.parse(object), message }));
    const spec = placedIn.safeParse((await this.views.application({ project, application }))?.spec);
    const namespace = spec.success ? spec.data.namespace : '';
    const since = new Date(Date.parse(row.since) - withinMs).toISOString();
    const asked = { cluster, since, until: row.since, limit: mostChanges };
    const found = await this.#suspects(
      { project, application, namespace, objects },
      await this.views.recentChanges(asked),
    );
    return {
      ...{ project, application, cluster, sync: row.sync, health: row.health, since: row.since },
      ...{ message: row.message, objects, ...found },
      drift: await this.#drifts(row, namespace, since),
    };
  }

  /** What somebody changed in the cluster before the target began to fail: of it, or beside it in its namespace. */
  async #drifts(row: FleetStateRow, namespace: string, since: string): Promise<Failure['drift']> {
    const { project, application, cluster } = row;
    const isOwn = (one: DriftRow) => one.project === project && one.application === application;
    const rows = (await this.views.drifts({ cluster, limit: mostDrifts })).filter(
      (one) =>
        one.firstSeen <= row.since &&
        (one.until === null || one.until >= since) &&
        (isOwn(one) ||
          (one.objects as readonly DriftedObject[]).some(({ object }) => object.namespace === namespace)),
    );
    const writes = await writesOf(this.views, rows);
    return rows.map((one) => ({
      ...{ project: one.project, application: one.application, firstSeen: one.firstSeen, until: one.until },
      ...{ objects: [...(one.objects as readonly unknown[])], objectCount: one.objectCount },
      users: [...new Set(writes(one).map(({ user }) => user))],
    }));
  }

  async #suspects(failing: Failing, changes: readonly RecentChange[]) {
    const related = await Promise.all(changes.map((change) => this.#related(failing, change)));
    const suspects = related.filter((one) => one !== undefined && one !== 'unread').sort(nearest);
    return { suspects, suspectsUnread: related.filter((one) => one === 'unread').length };
  }

  async #related(failing: Failing, change: RecentChange): Promise<Suspect | 'unread' | undefined> {
    const operations = await this.#operations(change);
    if (!operations) return 'unread';
    const { project, application, namespace } = change;
    const found = relate(failing, { project, application, namespace: namespace ?? '', operations });
    if (!found) return undefined;
    const person = change.commitAuthor === null ? undefined : await this.names.personOf(change.commitAuthor);
    return {
      ...{ relation: found.relation, project, application, revision: change.revision, plan: change.plan },
      ...{ state: change.state, startedAt: change.startedAt, approvedBy: change.approvedBy },
      ...{ message: change.commitMessage, author: person?.name ?? change.commitAuthor },
      touched: found.touched.slice(0, mostTouched).map((one) => touched.parse(one)),
      touchedCount: found.touched.length,
    };
  }

  /** What a plan did; undefined where its blob is not there, or was written by a version that this one cannot read. */
  async #operations({ cluster, document }: RecentChange) {
    try {
      const bytes = await this.blobs.get(clusterOwner(encodeToken(cluster)), document);
      return planDocument.parse(JSON.parse(new TextDecoder().decode(bytes))).operations;
    } catch {
      return undefined;
    }
  }
}
