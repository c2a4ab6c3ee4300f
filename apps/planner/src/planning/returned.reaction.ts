import type { LinkEvent } from '@syncline/events';
import { Reaction } from '@syncline/event-store';
import type { StoredEvent } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';

import { HeldTargets } from './held-targets.js';

type Connected = Extract<LinkEvent, { type: 'ClusterConnected' | 'CapabilitiesObserved' }>;

/** A cluster that is back, or says what it serves: what was held for its sake is planned anew. */
@Controller()
export class ReturnedReaction {
  constructor(@Inject(HeldTargets) private readonly held: HeldTargets) {}

  @Reaction({
    name: 'returned',
    subjects: ['ev.cluster.*.link'],
    types: ['ClusterConnected', 'CapabilitiesObserved'],
  })
  async clusterConnected(event: StoredEvent<Connected>): Promise<void> {
    const { subject, position } = event;
    await this.held.release(event.data.cluster, { subject, position });
  }
}
