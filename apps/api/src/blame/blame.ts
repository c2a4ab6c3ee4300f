import { Inject } from '@nestjs/common';
import { driftDocument, encodeToken, planDocument, type DriftedObject } from '@syncline/events';
import { AdapterError, BlobStore, clusterOwner } from '@syncline/kernel';
import {
  Views, type AppliedManifests, type ApplicationName, type FleetStateAtRow, type RevisionRow,
} from '@syncline/read-models'; // prettier-ignore
import { z } from 'zod';

import { writesOf } from '../drift/drift-writes.js';
import { fieldsOf, identityOf, nameOf, type NamedObject } from '../manifests/fields.js';
import { RecordedManifests } from '../manifests/recorded-manifests.js';
import { PeopleNames } from '../people/people-names.js';
import { notFound, Problem } from '../problems/problem.js';
import { blameFields, type BlamedField } from './blamed-fields.js';
import { withDrift } from './foreign-fields.js';
import { isNamed, type ObjectAsked } from './object-asked.js';

/** How many applies are looked at, the last first. */
const mostApplies = 500;

const person = z.object({ name: z.string(), email: z.string() });
const blamedField = z.object({
  path: z.string(),
  value: z.json().optional().describe('as applied; values of Secrets are references'),
  revision: z.string().optional(),
  message: z.string().optional(),
  author: person.optional(),
  committedAt: z.string().optional(),
  plan: z.string().optional(),
  approvedBy: z.string().optional(),
  approver: person.optional(),
  appliedAt: z.string().optional(),
  position: z.string().optional().describe('of the event that says that it was applied'),
  isOlder: z.boolean().optional().describe('more applies set it so than were looked at'),
  leftTo: z
    .string()
    .optional()
    .describe('the manager that the plan leaves the field to, such as an autoscaler'),
  foreign: z
    .object({
      manager: z.string().optional().describe('who wrote it in the cluster, where that is known'),
      user: z.string().optional().describe('as whom, by the audit log of the API server'),
      change: z.enum(['added', 'changed', 'removed']),
      value: z.json().optional().describe('what is live; values of Secrets are HMACs'),
      since: z.string(),
    })
    .optional(),
});
const targetBlame = z.object({
  cluster: z.string(),
  object: z.object({
    apiVersion: z.string(),
    kind: z.string(),
    namespace: z.string().optional(),
    name: z.string(),
  }),
  live: z.enum(['deleted', 'recreated']).optional().describe('where somebody deleted it in the cluster'),
  fields: z.array(blamedField),
});

/** Who set each field of an object, on each of its clusters. */
export const blameAnswer = z.object({
  project: z.string(),
  application: z.string(),
  at: z.string(),
  targets: z.array(targetBlame),
});
/** A field with who set it, and who wrote over it. */
export type Field = z.infer<typeof blamedField>;
type TargetBlame = z.infer<typeof targetBlame>;

/** What is asked: which object, which field of it (a path and what is below it), where and when. */
export type BlameQuery = {
  readonly object: ObjectAsked;
  readonly field?: string | undefined;
  readonly cluster?: string | undefined;
  readonly at: string;
};

/** Finds who set the fields of objects: from the manifests of successive applies, and from the drift that was open. */
export class Blame {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(RecordedManifests) private readonly manifests: RecordedManifests,
    @Inject(PeopleNames) private readonly names: PeopleNames,
  ) {}

  async of(name: ApplicationName, query: BlameQuery): Promise<z.infer<typeof blameAnswer>> {
    const { at, cluster, field, object } = query;
    const rows = await this.views.fleetAt(at, { ...name, ...(cluster !== undefined && { cluster }) });
    if (rows.length === 0)
      throw notFound(
        'target-unknown',
        `${name.project}/${name.application} was not on ${cluster ?? 'any cluster'} as of ${at}.`,
      );
    const found: TargetBlame[] = [];
    for (const row of rows) found.push(...(await this.#ofTarget(row, query)));
    if (found.length === 0)
      throw notFound(
        'object-unknown',
        `What was applied of ${name.application} as of ${at} holds no ${object.text}. syncline resources ${name.application} lists what there is.`,
      );
    if (field !== undefined && found.every(({ fields }) => fields.length === 0))
      throw notFound(
        'field-unknown',
        `${object.text} has no field ${field} that was applied. Leave the field out to see all.`,
      );
    return { ...name, at, targets: found };
  }

  async #ofTarget(row: FleetStateAtRow, { object, field, at }: BlameQuery): Promise<readonly TargetBlame[]> {
    const { cluster, project, application } = row;
    const target = { cluster, project, application };
    const read = await this.views.applies(target, at, mostApplies + 1);
    const applies = read.slice(0, mostApplies);
    const [last] = applies;
    if (!last) return [];
    const named = (await this.manifests.objects(cluster, last.manifests))
      .map(nameOf)
      .filter((one) => isNamed(object, one));
    const [one, another] = named;
    if (one && another)
      throw new Problem(
        409,
        'object-ambiguous',
        `${application} holds more than one ${object.text}: ${named.map(objectText).join(', ')}. Name one with its namespace.`,
      );
    if (!one) return [];
    const identity = identityOf(one);
    const fieldsAt = async ({ manifests }: AppliedManifests) => {
      const objects = await this.manifests.objects(cluster, manifests);
      const found = objects.find((each) => identityOf(nameOf(each)) === identity);
      return found && fieldsOf(found);
    };
    const blamed = (await blameFields(applies, fieldsAt, { field, all: read.length <= mostApplies })) ?? [];
    const [drifted, conceded] = [await this.#drift(row, one), await this.#conceded(row, one)];
    const users = await this.#users(row, one, at);
    const fields = await this.#told(blamed, row.repository);
    const { change } = drifted ?? {};
    return [
      {
        cluster,
        object: one,
        ...(change !== undefined && change !== 'changed' && { live: change }),
        fields: withDrift(fields, { drifted, since: row.driftSince ?? at, users }, field).map((each) => {
          const leftTo = conceded.get(each.path);
          return leftTo === undefined ? each : { ...each, leftTo };
        }),
      },
    ];
  }

  /** The fields that the applied plan leaves to others, with who holds them. */
  async #conceded(
    { cluster, appliedPlan }: FleetStateAtRow,
    object: NamedObject,
  ): Promise<ReadonlyMap<string, string>> {
    const [row] = appliedPlan === null ? [] : await this.views.plansByPrefix(appliedPlan);
    if (!row) return new Map();
    const bytes = await this.#blobIfThere(cluster, row.document);
    if (!bytes) return new Map();
    const { operations } = planDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
    const own = operations.find((one) => identityOf(one.object) === identityOf(object));
    return new Map(
      (own?.conceded ?? []).flatMap(({ manager, paths }) => paths.map((path) => [path, manager] as const)),
    );
  }

  /** Plans whose documents went to an archive still have what the log says of them. */
  async #blobIfThere(cluster: string, digest: string): Promise<Uint8Array | undefined> {
    try {
      return await this.blobs.get(clusterOwner(encodeToken(cluster)), digest);
    } catch (error) {
      if (error instanceof AdapterError && error.code === 'blob-missing') return undefined;
      throw error;
    }
  }

  /** What was live of an object and not as it was applied. */
  async #drift(row: FleetStateAtRow, object: NamedObject): Promise<DriftedObject | undefined> {
    if (row.driftDocument === null) return undefined;
    const bytes = await this.blobs.get(clusterOwner(encodeToken(row.cluster)), row.driftDocument);
    const { objects } = driftDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return objects.find((one) => identityOf(one.object) === identityOf(object));
  }

  /** As whom managers wrote an object that is drifted; the last word of each. */
  async #users(row: FleetStateAtRow, object: NamedObject, at: string): Promise<ReadonlyMap<string, string>> {
    if (row.driftSince === null) return new Map();
    const drift = { ...row, firstSeen: row.driftSince };
    const writes = (await writesOf(this.views, [drift], at))(drift);
    return new Map(
      writes.flatMap(({ object: written, manager, user }) =>
        identityOf(written) === identityOf(object) && manager !== undefined ? [[manager, user] as const] : [],
      ),
    );
  }

  async #told(blamed: readonly BlamedField[], repository: string): Promise<readonly Field[]> {
    const plans = [...new Set(blamed.map(({ apply }) => apply.plan))];
    const revisions = [...new Set(blamed.map(({ apply }) => apply.revision))];
    const [sightings, approvals] = await Promise.all([
      revisions.length === 0 ? [] : this.views.revisions(revisions),
      Promise.all(plans.map((plan) => this.views.approvals(plan))),
    ]);
    const grants = new Map(
      approvals.flat().flatMap((one) => (one.decision === 'grant' ? [[one.plan, one.decidedBy]] : [])),
    );
    const commits = new Map<string, RevisionRow>(
      sightings.filter((one) => one.repository === repository).map((one) => [one.revision, one]),
    );
    const people = await this.names.peopleOf([
      ...[...commits.values()].map(({ author }) => author),
      ...grants.values(),
    ]);
    return blamed.map(({ path, value, apply, isOlder }) => {
      const commit = commits.get(apply.revision);
      const author = commit && people.get(commit.author);
      const by = grants.get(apply.plan);
      const approver = by === undefined ? undefined : people.get(by);
      return {
        ...{ path, value, revision: apply.revision, plan: apply.plan },
        ...(commit && { message: commit.message, committedAt: commit.committedAt }),
        ...(author && { author }),
        ...(by !== undefined && { approvedBy: by }),
        ...(approver && { approver }),
        ...{ appliedAt: apply.at, position: apply.position },
        ...(isOlder && { isOlder }),
      };
    });
  }
}

const objectText = ({ kind, namespace, name }: NamedObject): string =>
  `${kind}/${namespace === undefined ? '' : `${namespace}/`}${name}`;
