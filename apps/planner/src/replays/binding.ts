import { planAggregate, requestOf } from '@syncline/domain';
import {
  encodeToken,
  subjects,
  type ManifestsDocument,
  type TargetName,
  type TargetSpec,
} from '@syncline/events';
import { Aggregates, BlobStore, canonicalJson, clusterOwner, CommandRefused } from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';

import type { StoredManifests } from '../planning/manifests.js';
import type { Deployment } from './deployments.js';

const references = 'syncline-secret:';
const named = 5;

/** The Secrets whose values are sealed. */
const sealedIn = ({ objects }: ManifestsDocument): readonly string[] =>
  objects
    .filter((one) => JSON.stringify(one).includes(references))
    .map((one) => {
      const { kind, metadata } = one as { kind?: string; metadata?: { name?: string; namespace?: string } };
      const { name = '', namespace } = metadata ?? {};
      return `${kind ?? ''} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
    });

/** What of a spec is filled into manifests, cluster by cluster. */
const valuesOf = ({ substitute, patches, helm, namespace }: TargetSpec) => ({
  substitute,
  patches,
  values: helm?.values ?? [],
  namespace,
});

const listed = (names: readonly string[]): string =>
  `${names.slice(0, named).join(', ')}${names.length > named ? ` and ${names.length - named} more` : ''}`;

/** Manifests of the record are bound to a target: values of the cluster are in them, and values of Secrets sealed beside them. */
@Injectable()
export class Binding {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(BlobStore) private readonly blobs: BlobStore,
  ) {}

  /**
   * The manifests of a deployment as they can be carried out on a target whose applier has this age public key. Values of Secrets
   * can be opened by the applier alone that they were sealed to, and what was filled in for one cluster is not taken out again:
   * both are refused by name, see ADR 21.
   */
  async bind(deployment: Deployment, target: TargetName, recipient: string): Promise<StoredManifests> {
    const { document, manifests, render, target: from } = deployment;
    if (document.secrets && deployment.recipient !== recipient) throw sealedElsewhere(deployment, target);
    if (from.cluster === target.cluster) return { manifests, render };
    await this.#refuseOtherValues(deployment, target);
    const [source, own] = [from.cluster, target.cluster].map((one) => clusterOwner(encodeToken(one))) as [
      ReturnType<typeof clusterOwner>,
      ReturnType<typeof clusterOwner>,
    ];
    if (document.secrets) {
      const { digest, mediaType } = document.secrets;
      await this.blobs.put(own, await this.blobs.get(source, digest), mediaType);
    }
    const bytes = await this.blobs.get(source, manifests.digest);
    return { manifests: await this.blobs.put(own, bytes, manifests.mediaType), render };
  }

  async #refuseOtherValues({ spec, plan, target: from }: Deployment, target: TargetName): Promise<void> {
    const { cluster, project, application } = target;
    const { state } = await this.aggregates.load(planAggregate, subjects.plan(cluster, project, application));
    const [then, now] = [valuesOf(spec), valuesOf(requestOf(state)?.spec ?? spec)];
    const other = (Object.keys(then) as (keyof typeof then)[]).filter(
      (part) => canonicalJson(then[part]) !== canonicalJson(now[part]),
    );
    if (other.length === 0) return;
    throw new CommandRefused(
      'values-differ',
      `Plan ${plan.slice(0, 12)} holds what was filled in for ${from.cluster}; ${cluster} has another ${other.join(', another ')}, and never ran this revision itself. Revert in Git instead.`,
    );
  }
}

const sealedElsewhere = ({ document, plan }: Deployment, { cluster }: TargetName): CommandRefused =>
  new CommandRefused(
    'secrets-sealed-elsewhere',
    `Values of ${listed(sealedIn(document))} in plan ${plan.slice(0, 12)} are sealed to another applier than ${cluster} has now, and only that one can open them. Revert in Git instead.`,
  );
