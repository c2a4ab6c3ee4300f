import {
  encodeToken,
  planDocument,
  type PlanDocument,
  type PlanOrigin,
  type RecordedManifests,
} from '@syncline/events';
import { AdapterError, BlobStore, clusterOwner } from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';

import { differencesOf, type Repeated } from './differences.js';

/** A plan's document holds so many differences; of more it says how many there are. */
const listed = 200;

/** Plans of the record that are repeated, to say what differs from them. */
@Injectable()
export class Originals {
  constructor(@Inject(BlobStore) private readonly blobs: BlobStore) {}

  /** Where a plan from the record comes from, and in what it differs from that. */
  async compare(
    { kind, plan, cluster }: RecordedManifests,
    now: Omit<Repeated, 'then'>,
  ): Promise<PlanOrigin> {
    if (kind === 'undelete') return { kind, plan, cluster, differences: [] };
    const differences = differencesOf({ then: await this.#find(cluster, plan), ...now });
    const omitted = differences.length - listed;
    return {
      ...{ kind, plan, cluster, differences: differences.slice(0, listed) },
      ...(omitted > 0 && { omitted }),
    };
  }

  async #find(cluster: string, plan: string): Promise<PlanDocument | undefined> {
    try {
      const bytes = await this.blobs.get(clusterOwner(encodeToken(cluster)), plan);
      return planDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (error) {
      if (error instanceof AdapterError && error.code === 'blob-missing') return undefined;
      throw error;
    }
  }
}
