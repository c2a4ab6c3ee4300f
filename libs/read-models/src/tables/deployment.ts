import { defineTable } from './table.js';

export const deploymentStates = ['Running', 'Succeeded', 'Failed', 'Errored', 'Aborted', 'Stale'] as const;

/** One attempt to carry out a plan on a target. */
export type DeploymentRow = {
  readonly attempt: string;
  readonly cluster: string;
  readonly project: string;
  readonly application: string;
  readonly plan: string;
  readonly revision: string;
  readonly state: (typeof deploymentStates)[number];
  readonly reason: string | null;
  /** How many objects were created, configured, deleted and so on. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly correlationId: string;
  readonly startedSequence: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly occurredAt: string;
  readonly recordedAt: string;
};
export const deploymentTable = defineTable<DeploymentRow>('deployment', {
  attempt: 'text!',
  cluster: 'text!',
  project: 'text!',
  application: 'text!',
  plan: 'text',
  revision: 'text',
  state: 'text',
  reason: 'text?',
  outcomes: 'json',
  correlationId: 'text',
  startedSequence: 'sequence',
  startedAt: 'instant',
  endedAt: 'instant?',
  occurredAt: 'instant',
  recordedAt: 'instant',
});
