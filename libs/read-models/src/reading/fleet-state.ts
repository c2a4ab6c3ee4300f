import type { ReplayNote, Sync } from '../tables/target.js';
import { defineView } from '../tables/table.js';

/** A row of the SQL view `fleet_state`: a target as it is now, Unknown while its cluster is out of reach. */
export type FleetStateRow = {
  readonly project: string;
  readonly application: string;
  readonly cluster: string;
  readonly revision: string | null;
  readonly desiredRevision: string;
  readonly plan: string | null;
  readonly mode: string;
  readonly sync: Sync;
  readonly health: string;
  readonly since: string;
  readonly message: string | null;
  readonly repository: string;
  readonly rollout: string;
  readonly appliedPlan: string | null;
  readonly healthPlan: string | null;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly replay: ReplayNote | null;
};

export const fleetStateView = defineView<FleetStateRow>('fleet_state', {
  project: 'text!',
  application: 'text!',
  cluster: 'text!',
  revision: 'text?',
  desiredRevision: 'text',
  plan: 'text?',
  mode: 'text',
  sync: 'text',
  health: 'text',
  since: 'instant',
  message: 'text?',
  repository: 'text',
  rollout: 'text',
  appliedPlan: 'text?',
  healthPlan: 'text?',
  occurredAt: 'instant',
  recordedAt: 'instant',
  replay: 'json?',
});
