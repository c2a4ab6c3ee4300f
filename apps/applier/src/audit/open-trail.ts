import { targetAggregate } from '@syncline/domain';
import type { Agent } from '@syncline/event-store';
import { subjects, type ForeignWrite } from '@syncline/events';
import type { Logger } from '@syncline/observability';

import type { AuditMeter } from '../meter.js';
import { actor } from '../surroundings.js';
import { AuditTrail, type SeenDrift } from './audit-trail.js';
import type { Audits } from './audits.js';

type Around = {
  readonly audits: Audits;
  readonly agent: Agent;
  readonly meter: AuditMeter;
  readonly logger: Logger;
};

/** The trail of a cluster that has such a source: what it matches is recorded. */
export const openTrail = (
  { audits, agent, meter, logger }: Around,
  cluster: string,
): AuditTrail | undefined => {
  if (!audits.has(cluster)) return undefined;
  const record = async (
    { target, firstSeen, correlationId }: SeenDrift,
    writes: readonly ForeignWrite[],
  ): Promise<void> => {
    const subject = subjects.target(target.cluster, target.project, target.application);
    const command = { type: 'attribute-drift', firstSeen, writes } as const;
    await agent.aggregates.decide(targetAggregate, subject, command, { actor, correlationId });
  };
  const trail = new AuditTrail({
    withSourceIp: audits.withSourceIp,
    counted: (outcome) => meter.audited(cluster, outcome),
    attribute: (drift, writes) =>
      void record(drift, writes).catch((error: unknown) =>
        logger.error({ err: error, cluster }, 'who made a drift cannot be recorded'),
      ),
  });
  audits.open(cluster, trail);
  return trail;
};
