import { defineTable } from './table.js';

type Instants = { readonly occurredAt: string; readonly recordedAt: string };
const instants = { occurredAt: 'instant', recordedAt: 'instant' } as const;

/** An application as its repository last declared it. */
export type ApplicationRow = Instants & {
  readonly project: string;
  readonly application: string;
  readonly repository: string;
  readonly spec: Readonly<Record<string, unknown>>;
  /** The revision of the last declaration, not of what is applied. */
  readonly declaredRevision: string;
  readonly retired: boolean;
  /** The rollout that began last. */
  readonly rollout: string | null;
  /** Who paused it (`person:<id>`), why, and since when; null where it is not paused. */
  readonly pause: { readonly by: string; readonly reason: string; readonly since: string } | null;
};
export const applicationTable = defineTable<ApplicationRow>('application', {
  project: 'text!',
  application: 'text!',
  repository: 'text',
  spec: 'json',
  declaredRevision: 'text',
  retired: 'boolean',
  rollout: 'text?',
  pause: 'json?',
  ...instants,
});

export const rolloutStates = ['Running', 'Halted', 'Completed', 'Superseded'] as const;

/** One revision on its way through an application's targets. */
export type RolloutRow = Instants & {
  readonly rollout: string;
  readonly project: string;
  readonly application: string;
  readonly repository: string;
  readonly revision: string;
  readonly reason: string;
  readonly state: (typeof rolloutStates)[number];
  /** What halted it, while it is halted. */
  readonly haltedBy: { readonly cluster: string; readonly reason: string; readonly since: string } | null;
  readonly waves: readonly { readonly name: string; readonly clusters: readonly string[] }[];
  readonly wavesOpened: number;
  readonly wavesCompleted: number;
  readonly correlationId: string;
  readonly startedSequence: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
};
export const rolloutTable = defineTable<RolloutRow>('rollout', {
  rollout: 'text!',
  project: 'text',
  application: 'text',
  repository: 'text',
  revision: 'text',
  reason: 'text',
  state: 'text',
  haltedBy: 'json?',
  waves: 'json',
  wavesOpened: 'integer',
  wavesCompleted: 'integer',
  correlationId: 'text',
  startedSequence: 'sequence',
  startedAt: 'instant',
  endedAt: 'instant?',
  ...instants,
});
