import type { Agent, Turns } from '@syncline/event-store';
import type { ClusterClient } from '@syncline/kubernetes';
import type { Logger } from '@syncline/observability';

import type { AuditTrail } from './audit/audit-trail.js';
import type { Documents } from './documents.js';
import type { InHand } from './in-hand.js';
import type { ApplierMeter } from './meter.js';

/** The actor of everything that an applier decides. */
export const actor = 'service:applier';

/** What the work on one cluster stands on. */
export type ClusterSurroundings = {
  readonly cluster: string;
  readonly client: ClusterClient;
  readonly log: Pick<Agent, 'aggregates' | 'log' | 'live' | 'clusterAnswers'>;
  readonly documents: Documents;
  /** The age identity to which this cluster's Secret values are sealed. */
  readonly identity: string;
  /** Of the dry runs of all clusters. */
  readonly dryRuns: Turns;
  /** The dry runs and applies of all clusters. */
  readonly inHand: InHand;
  readonly meter: ApplierMeter;
  /** What the API server's audit log says, where there is such a source. */
  readonly audit?: AuditTrail;
  readonly logger: Logger;
};
