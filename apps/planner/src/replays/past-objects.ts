import { planAggregate, requestOf, targetAggregate } from '@syncline/domain';
import {
  encodeToken, manifestsDocument, resultsDocument, subjects,
  type ManifestsDocument, type ObjectName, type TargetEvent, type TargetName,
} from '@syncline/events'; // prettier-ignore
import {
  Aggregates,
  BlobStore,
  clusterOwner,
  CommandRefused,
  EventLog,
  type BlobRef,
} from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';

import { ClusterDiffs } from '../planning/cluster-diffs.js';
import { inOrder, isNamed, isSame, objectOf, type Gone } from './gone-objects.js';

/** Manifests of a deployment, and where their sealed values lie. */
type Applied = { readonly plan: string; readonly sequence: number; readonly document: ManifestsDocument };

/** An object that is gone, and the sealed values and deployment that it was applied with. */
export type Found = Gone & { readonly from: Applied };

/** What is to be brought back on a target, and what is applied there now. */
export type Undeleted = {
  readonly applied: Applied & { readonly revision: string; readonly namespace: string };
  readonly found: readonly Found[];
};

/** Finds objects of a target that were pruned, or deleted by somebody, and how they were applied last. */
@Injectable()
export class PastObjects {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(ClusterDiffs) private readonly diffs: ClusterDiffs,
  ) {}

  /**
   * Without names, what is missing of what was applied last, and what the last prune took. Undefined where nothing was applied, or
   * the target is of no application any more.
   */
  async find(target: TargetName, names: readonly string[]): Promise<Undeleted | undefined> {
    const { cluster, project, application } = target;
    const [held, plan] = await Promise.all([
      this.aggregates.load(targetAggregate, subjects.target(cluster, project, application)),
      this.aggregates.load(planAggregate, subjects.plan(cluster, project, application)),
    ]);
    const now = held.state.held.applied;
    const request = requestOf(plan.state);
    if (!now || !request) return undefined;
    const { spec, recorded } = request;
    const namespace = recorded?.namespace ?? spec.namespace;
    const document = await this.#document(cluster, now.manifests.digest);
    const history = await this.#history(target);
    const applied = { plan: now.plan, sequence: history.lastApplied, document };
    const missing = await this.#missing(target, namespace, now.manifests, applied);
    const pruned = await this.#pruned(cluster, history, document, names);
    const all = [...missing, ...pruned];
    const chosen =
      names.length === 0 ? all : all.filter(({ object }) => names.some((one) => isNamed(one, object)));
    return { applied: { ...applied, revision: now.revision, namespace }, found: inOrder(chosen) as Found[] };
  }

  /** What a dry run of what was applied last would create. */
  async #missing(
    { cluster, project, application }: TargetName,
    namespace: string,
    manifests: BlobRef,
    from: Applied,
  ): Promise<readonly Found[]> {
    const prune = { enabled: false, budget: { maxObjects: 0, maxPercent: 0 } };
    const asked = { project, application, namespace, manifests, prune };
    const diffed = await this.diffs.ask(cluster, asked, { again: true });
    if (diffed.status !== 'answered') throw new CommandRefused('cluster-unreachable', diffed.reason);
    return diffed.diff.operations
      .filter(({ action }) => action === 'create')
      .flatMap(({ object }): Found[] => {
        const manifest = from.document.objects.find((one) => isSame(objectOf(one), object));
        return manifest ? [{ object, manifest, isWanted: true, from }] : [];
      });
  }

  /** What prunes took that is not applied again since, each as it was applied last; of the last prune alone where nothing is named. */
  async #pruned(
    cluster: string,
    { prunes, applies }: History,
    now: ManifestsDocument,
    names: readonly string[],
  ): Promise<readonly Found[]> {
    const found: Found[] = [];
    for (const prune of [...prunes].reverse().slice(0, names.length === 0 ? 1 : undefined)) {
      for (const object of await this.#taken(cluster, prune.results)) {
        const isThere = now.objects.some((one) => isSame(objectOf(one), object));
        if (isThere || found.some((one) => isSame(one.object, object))) continue;
        if (names.length > 0 && !names.some((one) => isNamed(one, object))) continue;
        const last = await this.#lastApplied(
          cluster,
          object,
          applies.filter((one) => one.sequence < prune.sequence),
        );
        if (last) found.push({ object, ...last, isWanted: false });
      }
    }
    return found;
  }

  async #lastApplied(cluster: string, object: ObjectName, applies: readonly AppliedAt[]) {
    for (const { manifests, plan, sequence } of [...applies].reverse()) {
      const document = await this.#document(cluster, manifests.digest);
      const manifest = document.objects.find((one) => isSame(objectOf(one), object));
      if (manifest) return { manifest, from: { plan, sequence, document } };
    }
    return undefined;
  }

  async #history({ cluster, project, application }: TargetName): Promise<History> {
    const entries = await this.log.read(subjects.target(cluster, project, application));
    const events = entries.flatMap(({ message, events: all }) =>
      (all as readonly TargetEvent[]).map((event) => ({ event, sequence: message.sequence })),
    );
    const applies = events.flatMap(({ event, sequence }) =>
      event.type === 'ApplySucceeded'
        ? [{ manifests: event.data.manifests, plan: event.data.plan, sequence }]
        : [],
    );
    const prunes = events.flatMap(({ event, sequence }) =>
      event.type === 'ObjectsPruned' && (event.data.outcomes.deleted ?? 0) > 0
        ? [{ results: event.data.results, sequence }]
        : [],
    );
    return { applies, prunes, lastApplied: applies.at(-1)?.sequence ?? 0 };
  }

  async #taken(cluster: string, { digest }: BlobRef): Promise<readonly ObjectName[]> {
    const { results } = resultsDocument.parse(await this.#json(cluster, digest));
    return results.filter(({ outcome }) => outcome === 'deleted').map(({ object }) => object);
  }

  async #document(cluster: string, digest: string): Promise<ManifestsDocument> {
    return manifestsDocument.parse(await this.#json(cluster, digest));
  }

  async #json(cluster: string, digest: string): Promise<unknown> {
    const bytes = await this.blobs.get(clusterOwner(encodeToken(cluster)), digest);
    return JSON.parse(new TextDecoder().decode(bytes));
  }
}

type AppliedAt = { readonly manifests: BlobRef; readonly plan: string; readonly sequence: number };
type History = {
  readonly applies: readonly AppliedAt[];
  readonly prunes: readonly { readonly results: BlobRef; readonly sequence: number }[];
  readonly lastApplied: number;
};
