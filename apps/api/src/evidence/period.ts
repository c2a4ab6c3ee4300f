import type { LoggedEvent } from '@syncline/read-models';

import { factsOf, shortcomings, type Facts, type PlanFacts } from './facts.js';

/** What led to a deployment: a revision, or somebody's wish. */
const begun: Readonly<Record<string, string>> = {
  RolloutStarted: 'rollout',
  ReplayRequested: 'replay',
  UndeleteRequested: 'undelete',
  ReplayEnded: 'end of a replay',
};

/** One deployment within a period: a revision that was asked for by one change. */
export type Deployment = {
  readonly change: string;
  readonly kind: string;
  /** When it was asked for (RFC 3339). */
  readonly at: string;
  readonly facts: Facts;
  /** Why the record does not show that it was approved, applied and healthy; empty where it does, or another took its place. */
  readonly lacks: readonly string[];
  readonly isSuperseded: boolean;
};

/** Everything that was deployed of an application within a period; both instants (RFC 3339) belong to it. */
export type PeriodFacts = {
  readonly project: string;
  readonly application: string;
  readonly from: string;
  readonly to: string;
  readonly deployments: readonly Deployment[];
  readonly events: readonly LoggedEvent[];
};

/** Another plan took the place of this one before it was carried out. */
const isSuperseded = ({ approvals, isApplied }: PlanFacts): boolean =>
  !isApplied && approvals.some(({ type }) => type === 'PlanSuperseded' || type === 'PlanInvalidated');

/** The revisions that a change asked for, in their order. */
const revisionsOf = (events: readonly LoggedEvent[]): readonly string[] => {
  const of = (types: readonly string[]): readonly string[] => [
    ...new Set(
      events
        .filter(({ type }) => types.includes(type))
        .map(({ data }) => (data as { readonly revision: string }).revision),
    ),
  ];
  const planned = of(['PlanRequested']);
  return planned.length > 0 ? planned : of(['RolloutStarted', 'ApplyStarted']);
};

const kindOf = (events: readonly LoggedEvent[]): string => {
  const first = events.find(({ type }) => type in begun);
  if (first) return begun[first.type] ?? '';
  const asked = events.find(({ type }) => type === 'PlanRequested')?.data as
    { readonly reason?: string } | undefined;
  return asked?.reason ?? 'apply';
};

/** A deployment, or undefined where the record does not say of its commit when it was seen. */
const deploymentOf = (
  name: { readonly project: string; readonly application: string },
  [change, own]: readonly [string, readonly LoggedEvent[]],
  revision: string,
  all: readonly LoggedEvent[],
): Deployment | undefined => {
  const facts = factsOf(name, revision, own, all);
  if (!facts) return undefined;
  const left = facts.plans.filter((plan) => !isSuperseded(plan));
  const superseded = left.length === 0 && facts.plans.length > 0;
  const lacks = superseded ? [] : shortcomings({ ...facts, plans: left });
  const first = own.find(({ type }) => type in begun || type === 'PlanRequested') ?? own[0];
  return { change, kind: kindOf(own), at: first?.time ?? '', facts, lacks, isSuperseded: superseded };
};

/**
 * The deployments of a period. `changes` are those of the period, in their order; `events` theirs, with those of the changes that first
 * brought the commits.
 */
export const deploymentsOf = (
  name: { readonly project: string; readonly application: string },
  changes: readonly string[],
  events: readonly LoggedEvent[],
): readonly Deployment[] => {
  const byChange = Map.groupBy(events, ({ correlationid }) => correlationid);
  return changes.flatMap((change) => {
    const own = byChange.get(change) ?? [];
    return revisionsOf(own).flatMap((revision) => deploymentOf(name, [change, own], revision, events) ?? []);
  });
};
