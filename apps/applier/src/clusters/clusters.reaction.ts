import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Reaction } from '@syncline/event-store';
import { parseTargetSubject } from '@syncline/events';
import type { StoredEvent } from '@syncline/kernel';

import { Clusters } from './clusters.js';

/** What an applier hears: who is in its fleet, and that something about a target's plan was decided. */
@Controller()
export class ClustersReaction {
  constructor(@Inject(Clusters) private readonly clusters: Clusters) {}

  @Reaction({
    name: 'clusters',
    subjects: ['ev.fleet.*'],
    types: ['ClusterRegistered', 'ClusterRemoved'],
  })
  async onFleet(@Payload() event: StoredEvent<{ type: string; data: { cluster: string } }>): Promise<void> {
    await this.clusters.refresh(event.data.cluster);
  }

  @Reaction({ name: 'clusters', subjects: ['ev.fleet.*'], types: ['AgentReturned'] })
  onReturn(@Payload() event: StoredEvent<{ type: string; data: { cluster: string } }>): void {
    this.clusters.sayAnew(event.data.cluster);
  }

  /**
   * The work itself goes on beside the reaction, so that a newer plan is heard of while an older one is applied. Where nothing is
   * to be done, it may still be that other fields are to be ignored.
   */
  @Reaction({
    name: 'clusters',
    subjects: ['ev.plan.>'],
    types: ['PlanApproved', 'PlanUnchanged', 'PlanSuperseded', 'PlanInvalidated', 'TargetReleased'],
  })
  onPlan(@Payload() event: StoredEvent): void {
    const target = parseTargetSubject(event.subject);
    if (target) this.clusters.look(target.cluster, event.subject);
  }
}
