import { targetAggregate } from '@syncline/domain';
import { encodeToken, subjects, type LinkEvent, type TargetName } from '@syncline/events';
import { Aggregates, BlobStore, clusterOwner, type Aggregate, type BlobRef } from '@syncline/kernel';
import type { ClusterFacts } from '@syncline/render';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';

import { RenderCache } from './render-cache.js';

const rememberedLists = 512;

type Observed = { readonly kubernetesVersion: string; readonly resources: BlobRef } | undefined;

/** What a cluster's API server serves, as its applier said it last. */
const observedAggregate: Aggregate<{ readonly observed: Observed }, never, LinkEvent> = {
  name: 'capabilities',
  version: 1,
  decider: {
    initial: { observed: undefined },
    decide: () => [],
    evolve: (state, event) => (event.type === 'CapabilitiesObserved' ? { observed: event.data } : state),
  },
};

const servedDocument = z.object({
  resources: z.array(z.object({ group: z.string(), version: z.string(), kind: z.string() })),
});

/** `apps/v1` and `apps/v1/Deployment`, as charts ask for them. */
const apiVersionsOf = (bytes: Uint8Array): readonly string[] => {
  const { resources } = servedDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
  const named = resources.flatMap(({ group, version, kind }) => {
    const apiVersion = group === '' ? version : `${group}/${version}`;
    return kind === '' ? [apiVersion] : [apiVersion, `${apiVersion}/${kind}`];
  });
  return [...new Set(named)].sort();
};

/** What charts are told of the cluster that they are rendered for. */
@Injectable()
export class Capabilities {
  readonly #lists = new RenderCache<{ readonly weight: number; readonly apiVersions: readonly string[] }>(
    rememberedLists,
  );

  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(BlobStore) private readonly blobs: BlobStore,
  ) {}

  /** Undefined until an applier has said what the cluster serves. */
  async of({ cluster, project, application }: TargetName): Promise<ClusterFacts | undefined> {
    const [link, target] = await Promise.all([
      this.aggregates.load(observedAggregate, subjects.link(cluster)),
      this.aggregates.load(targetAggregate, subjects.target(cluster, project, application)),
    ]);
    const { observed } = link.state;
    if (!observed) return undefined;
    const { kubernetesVersion, resources } = observed;
    const { apiVersions } = await this.#lists.get(resources.digest, async () => {
      const bytes = await this.blobs.get(clusterOwner(encodeToken(cluster)), resources.digest);
      return { weight: 1, apiVersions: apiVersionsOf(bytes) };
    });
    return { kubernetesVersion, apiVersions, isUpgrade: target.state.held.applied !== undefined };
  }
}
