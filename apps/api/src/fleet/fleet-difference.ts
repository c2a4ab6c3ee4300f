import { Inject } from '@nestjs/common';
import { AdapterError } from '@syncline/kernel';
import type { FleetStateAtRow, TargetFilter } from '@syncline/read-models';
import { z } from 'zod';

import { diffManifests } from '../manifests/diff-manifests.js';
import { RecordedManifests } from '../manifests/recorded-manifests.js';
import { PastFleet } from './past-fleet.js';

const value = z.json();
const changes = z.enum(['added', 'changed', 'removed']);
const field = z.object({ path: z.string(), change: changes, from: value.optional(), to: value.optional() });
/** How one object of a recorded render differs from another one's. */
export const objectDifference = z.object({
  object: z.object({
    apiVersion: z.string(),
    kind: z.string(),
    namespace: z.string().optional(),
    name: z.string(),
  }),
  change: changes,
  fields: z.array(field),
  fieldCount: z.int(),
});
const targetDifference = z.object({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  change: z.enum(['appeared', 'changed', 'gone']),
  state: z.array(z.object({ field: z.string(), from: value, to: value })),
  objects: z.array(objectDifference).describe('of the recorded renders; Secrets by reference'),
  objectCount: z.int(),
  unreadable: z.string().optional().describe('why the recorded renders cannot be compared'),
});

/** What was different of the fleet at two instants. */
export const fleetDifference = z.object({
  from: z.string(),
  to: z.string(),
  targets: z.array(targetDifference),
  unchanged: z.int(),
});
type TargetDifference = z.infer<typeof targetDifference>;

type State = Readonly<Record<string, z.infer<typeof value>>>;

const nothing: State = {};

const stateOf = (row: FleetStateAtRow, images: readonly string[]): State => ({
  revision: row.revision,
  desiredRevision: row.desiredRevision,
  plan: row.plan,
  appliedPlan: row.appliedPlan,
  approvedBy: row.appliedApprovedBy,
  images: [...images],
  sync: row.sync,
  health: row.health,
  drift: row.driftSince === null ? null : { since: row.driftSince, objects: row.driftObjects ?? 0 },
});

const stateDifference = (from: State, to: State): TargetDifference['state'] =>
  [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter((name) => JSON.stringify(from[name]) !== JSON.stringify(to[name]))
    .map((name) => ({ field: name, from: from[name] ?? null, to: to[name] ?? null }));

type Pair = { readonly before: FleetStateAtRow | undefined; readonly after: FleetStateAtRow | undefined };

const atOnce = 16;
const keyOf = ({ project, application, cluster }: FleetStateAtRow): string =>
  JSON.stringify([project, application, cluster]);

/** Compares the fleet at two instants. */
export class FleetDifference {
  constructor(
    @Inject(PastFleet) private readonly past: PastFleet,
    @Inject(RecordedManifests) private readonly manifests: RecordedManifests,
  ) {}

  async between(
    from: string,
    to: string,
    filter: TargetFilter,
    selector?: string,
  ): Promise<z.infer<typeof fleetDifference>> {
    const [before, after] = await Promise.all([
      this.past.rows(from, filter, selector),
      this.past.rows(to, filter, selector),
    ]);
    const pairs = new Map<string, Pair>(before.map((row) => [keyOf(row), { before: row, after: undefined }]));
    for (const row of after) pairs.set(keyOf(row), { before: pairs.get(keyOf(row))?.before, after: row });
    const all = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
    const found: (TargetDifference | undefined)[] = [];
    const left = [...all.entries()];
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next; next = left.shift()) found[next[0]] = await this.#compare(next[1]);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    const targets = found.filter((one) => one !== undefined);
    return { from, to, targets, unchanged: all.length - targets.length };
  }

  async #compare({ before, after }: Pair): Promise<TargetDifference | undefined> {
    const one = after ?? before;
    if (!one) return undefined;
    const { project, application, cluster } = one;
    const [old, fresh] = [await this.#made(before), await this.#made(after)];
    const state = stateDifference(
      before ? stateOf(before, old.images) : nothing,
      after ? stateOf(after, fresh.images) : nothing,
    );
    const unreadable = old.unreadable ?? fresh.unreadable;
    const isSame = before?.manifests === after?.manifests || unreadable !== undefined;
    const { objects, objectCount } = diffManifests(isSame ? [] : old.objects, isSame ? [] : fresh.objects);
    if (state.length === 0 && objectCount === 0) return undefined;
    return {
      ...{ project, application, cluster, state, objectCount },
      change: before ? (after ? 'changed' : 'gone') : 'appeared',
      objects: objects.map((each) => ({ ...each, fields: [...each.fields] })),
      ...(unreadable !== undefined && { unreadable }),
    };
  }

  async #made(row: FleetStateAtRow | undefined) {
    const digest = row?.manifests ?? null;
    if (!row || digest === null) return { objects: [], images: [] };
    try {
      return {
        objects: await this.manifests.objects(row.cluster, digest),
        images: await this.manifests.images(row.cluster, digest),
      };
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return { objects: [], images: [], unreadable: error.message };
    }
  }
}
