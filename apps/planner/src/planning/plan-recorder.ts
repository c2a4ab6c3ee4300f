import type { PlanCommand } from '@syncline/domain';
import { encodeToken, type TargetName } from '@syncline/events';
import { BlobStore, Clock, clusterOwner } from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';

import type { Planned } from './target-planner.js';

const planType = 'application/vnd.syncline.plan+json';

/** Stores a plan's document where the applier that will carry it out may read it, and says what is to be decided. */
@Injectable()
export class PlanRecorder {
  constructor(
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** The command that answers the request at a position. */
  async commandFor({ cluster }: TargetName, request: string, planned: Planned): Promise<PlanCommand> {
    switch (planned.status) {
      case 'held':
        return {
          ...{ type: 'hold', request, by: planned.by, reason: planned.reason },
          since: this.clock.now().toISOString(),
        };
      case 'failed': {
        const { reason, file, line } = planned;
        const place = { ...(file !== undefined && { file }), ...(line !== undefined && { line }) };
        return { type: 'fail', request, reason, ...place };
      }
      case 'unchanged':
        return { type: 'find-unchanged', request, render: planned.render };
      case 'planned': {
        const { bytes, needs, refused, ...composed } = planned.composed;
        const document = await this.blobs.put(clusterOwner(encodeToken(cluster)), bytes, planType);
        const { manifests, render } = planned;
        const lists = { needs: [...needs], refused: [...refused] };
        return {
          type: 'draft',
          request,
          draft: { ...composed, ...lists, document, manifests, render, predicted: false },
        };
      }
      default:
        return planned satisfies never;
    }
  }
}
