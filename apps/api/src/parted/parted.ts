import { Inject } from '@nestjs/common';
import { subjects } from '@syncline/events';
import { AdapterError } from '@syncline/kernel';
import { Views, type ApplicationName, type LoggedEvent } from '@syncline/read-models';
import { z } from 'zod';

import { objectDifference } from '../fleet/fleet-difference.js';
import { diffManifests, type ObjectDifference } from '../manifests/diff-manifests.js';
import { identityOf } from '../manifests/fields.js';
import { RecordedManifests } from '../manifests/recorded-manifests.js';
import { notFound } from '../problems/problem.js';
import { origin, Origins } from '../why/origins.js';
import { Standing } from '../why/standing.js';
import { partingTypes, type Side } from './side.js';
import { trackPair, type Pair } from './track-pair.js';

const mostEvents = 50_000;
const pageSize = 1_000;

const side = z.object({
  cluster: z.string(),
  revision: z.string().optional(),
  plan: z.string().optional(),
  manifests: z.string().optional(),
  drift: z.array(z.unknown()).optional().describe('at most five objects, as they drifted last'),
  holds: z.array(z.object({ by: z.string(), sentence: z.string(), since: z.string() })),
});
/** Where two targets of an application parted. */
export const partedAnswer = z.object({
  project: z.string(),
  application: z.string(),
  status: z
    .enum(['equal', 'parted', 'gone', 'never-equal', 'unknown'])
    .describe('`gone`: one was let go of. `unknown`: one has held nothing yet'),
  at: z.string(),
  a: side,
  b: side,
  equalFrom: z.string().optional().describe('since when they were equal, the last time that they were'),
  equalUntil: z
    .string()
    .optional()
    .describe('the last instant at which they were equal; absent while they are'),
  event: z
    .object({
      cluster: z.string(),
      type: z.string(),
      at: z.string(),
      position: z.string(),
      actor: z.string(),
      data: z.unknown(),
    })
    .optional()
    .describe('the first event after which they were not equal any more, or were'),
  because: origin.optional().describe('how what the event applied came to be: plan, approver, commit'),
  objects: z.array(objectDifference).describe('of the renders, from a to b, without values per cluster'),
  objectCount: z.int(),
  ownFields: z.int().describe('fields that differ as the application says of its clusters'),
  unreadable: z.string().optional(),
});
type Answer = z.infer<typeof partedAnswer>;
type Rendered = NonNullable<Pair['baseline']>;
type Sided = LoggedEvent & { readonly side: 'a' | 'b' };

const pathsOf = ({ object, change, fields }: ObjectDifference): readonly string[] =>
  change === 'changed'
    ? fields.map(({ path }) => JSON.stringify([identityOf(object), path]))
    : [JSON.stringify([identityOf(object), change])];

/** Finds the first event after which two targets of one application were not the same any more. */
export class Parted {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(RecordedManifests) private readonly manifests: RecordedManifests,
    @Inject(Origins) private readonly origins: Origins,
    @Inject(Standing) private readonly standing: Standing,
  ) {}

  /** @param at RFC 3339: answers by what had happened by then. */
  async of(
    name: ApplicationName,
    clusters: { readonly a: string; readonly b: string },
    at: string,
  ): Promise<Answer> {
    const events = [
      ...(await this.#events(name, clusters.a, 'a')),
      ...(await this.#events(name, clusters.b, 'b')),
    ]
      .filter(({ time }) => Date.parse(time) <= Date.parse(at))
      .sort(inOrder);
    for (const one of ['a', 'b'] as const)
      if (!events.some((event) => event.side === one))
        throw notFound('target-unknown', `${name.application} was never placed on ${clusters[one]}.`);
    let unreadable: string | undefined;
    const differ = async (now: Rendered, baseline: Rendered | undefined): Promise<boolean> => {
      try {
        return (await this.#difference(clusters, now, baseline)).objects.length > 0;
      } catch (error) {
        if (!(error instanceof AdapterError)) throw error;
        unreadable = error.message;
        return true;
      }
    };
    const pair = await trackPair(events, differ);
    const found = await this.#shown(clusters, pair).catch((error: unknown) => {
      if (!(error instanceof AdapterError)) throw error;
      unreadable = error.message;
      return { objects: [], objectCount: 0, ownFields: 0 };
    });
    const isNever = pair.status === 'parted' && pair.equalFrom === undefined;
    const [a, b] = await Promise.all([
      this.#side(name, clusters.a, pair.a, at),
      this.#side(name, clusters.b, pair.b, at),
    ]);
    return {
      ...{ ...name, status: isNever ? 'never-equal' : pair.status, at, a, b },
      ...(pair.equalFrom && { equalFrom: pair.equalFrom.time }),
      ...(pair.equalUntil && pair.status !== 'equal' && { equalUntil: pair.equalUntil.time }),
      ...(await this.#event(name, clusters, pair)),
      ...found,
      ...(unreadable !== undefined && { unreadable }),
    };
  }

  async #event(name: ApplicationName, clusters: { readonly a: string; readonly b: string }, { since }: Pair) {
    if (!since) return {};
    const cluster = clusters[since.side];
    const { type, time, position, actor, data } = since;
    const event = { cluster, type, at: time, position, actor, data };
    const [row] = await this.views.fleetAt(time, { ...name, cluster });
    const because =
      row && type === 'ApplySucceeded' ? await this.origins.asked(name, time).of(row) : undefined;
    return { event, ...(because && { because }) };
  }

  async #side(name: ApplicationName, cluster: string, one: Side, at: string): Promise<z.infer<typeof side>> {
    const { applied, driftObjects, isGone } = one;
    const standing = isGone ? undefined : await this.standing.of(name, cluster, at).catch(() => undefined);
    const holds = standing?.targets.flatMap((target) => target.holds) ?? [];
    return {
      cluster,
      ...(applied && { revision: applied.revision, plan: applied.plan, manifests: applied.manifests }),
      ...(driftObjects && { drift: [...driftObjects] }),
      holds: holds.map(({ by, sentence, since }) => ({ by, sentence, since })),
    };
  }

  async #shown(clusters: { readonly a: string; readonly b: string }, { a, b, baseline }: Pair) {
    if (!a.applied || !b.applied) return { objects: [], objectCount: 0, ownFields: 0 };
    const now = { a: a.applied.manifests, b: b.applied.manifests };
    const isSame = a.source === b.source;
    const { objects, ownFields } = await this.#difference(clusters, now, isSame ? now : baseline);
    const shown = objects.map((each) => ({ ...each, fields: [...each.fields] }));
    return { objects: shown, objectCount: objects.length, ownFields };
  }

  /** What differs between two renders, without the fields that differ between two others. */
  async #difference(
    { a, b }: { readonly a: string; readonly b: string },
    now: Rendered,
    baseline: Rendered | undefined,
  ) {
    const between = async (one: Rendered) =>
      diffManifests(await this.manifests.objects(a, one.a), await this.manifests.objects(b, one.b)).objects;
    const all = await between(now);
    const own = new Set(baseline ? (await between(baseline)).flatMap(pathsOf) : []);
    const objects = all.flatMap((one): readonly ObjectDifference[] => {
      if (one.change !== 'changed') return own.has(pathsOf(one)[0] ?? '') ? [] : [one];
      const fields = one.fields.filter(
        ({ path }) => !own.has(JSON.stringify([identityOf(one.object), path])),
      );
      const fieldCount = one.fieldCount - (one.fields.length - fields.length);
      return fields.length === 0 ? [] : [{ ...one, fields, fieldCount }];
    });
    return { objects, ownFields: all.flatMap(pathsOf).filter((path) => own.has(path)).length };
  }

  async #events(
    { project, application }: ApplicationName,
    cluster: string,
    of: 'a' | 'b',
  ): Promise<readonly Sided[]> {
    const found: Sided[] = [];
    for (const subject of [
      subjects.plan(cluster, project, application),
      subjects.target(cluster, project, application),
    ]) {
      let after = { sequence: 0, index: 0 };
      while (found.length < mostEvents) {
        const page = await this.views.events({ after, limit: pageSize, subject, types: partingTypes });
        found.push(...page.map((event) => ({ ...event, side: of })));
        const last = page.at(-1);
        if (!last || page.length < pageSize) break;
        const [sequence = 0, index = 0] = last.position.split('.').map(Number);
        after = { sequence, index };
      }
    }
    return found;
  }
}

const placeOf = ({ position }: LoggedEvent): readonly [number, number] => {
  const [sequence = 0, index = 0] = position.split('.').map(Number);
  return [sequence, index];
};

/** As they happened; at one instant, as they were recorded. */
const inOrder = (one: LoggedEvent, other: LoggedEvent): number => {
  const [[a, i], [b, j]] = [placeOf(one), placeOf(other)];
  return Date.parse(one.time) - Date.parse(other.time) || a - b || i - j;
};
