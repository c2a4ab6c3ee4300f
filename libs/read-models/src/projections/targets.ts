import type { TargetName } from '@syncline/events';

import {
  instantsOf, put, read, remove, targetOf, type Change, type Find, type Projection, type Stored,
} from '../projecting/projection.js'; // prettier-ignore
import {
  targetAppliedTable, targetHealthTable, targetPlannedTable, targetTable, type TargetRow,
} from '../tables/target.js'; // prettier-ignore
import { beginning, closed, opened } from './spans.js';
import { appliedAfter, healthAfter, noDrift, plannedAfter, syncAfter } from './target-rules.js';

type Writable<Row> = { -readonly [Property in keyof Row]: Row[Property] };

const plannedProperties = [
  'intent', 'desiredRevision', 'plan', 'approvedBy', 'message', 'mode', 'rollout', 'repository', 'foundSequence', 'replay',
] as const; // prettier-ignore
const appliedProperties = [
  'revision', 'appliedPlan', 'manifests', 'outcome', 'outcomeOf', 'outcomeMessage', 'driftMessage', 'driftSequence', 'driftSince',
  'driftDocument',
] as const; // prettier-ignore
const healthProperties = ['health', 'healthPlan', 'healthMessage'] as const;

const differ = <Row>(a: Row, b: Row, properties: readonly (keyof Row)[]): boolean =>
  a !== b && properties.some((property) => a[property] !== b[property]);

const keyOf = ({ cluster, project, application }: TargetName): TargetName => ({
  cluster,
  project,
  application,
});

const unknown = { health: 'Unknown', healthPlan: null, healthMessage: null } as const;
const nothingApplied = {
  ...{ revision: null, appliedPlan: null, appliedSequence: 0, manifests: null },
  ...{ outcome: null, outcomeOf: null, outcomeMessage: null, outcomeSequence: 0 },
  ...noDrift,
} as const;

/** A target's first row: nothing is applied, nothing is known of its health. */
const firstRow = (event: Stored, target: TargetName): TargetRow | undefined => {
  if (event.type !== 'PlanRequested') return undefined;
  const { occurredAt, recordedAt } = instantsOf(event);
  const { revision: desiredRevision, rollout, spec } = event.data;
  const { mode, repository } = spec;
  const planned = { desiredRevision, plan: null, message: null, mode, rollout, repository };
  const began = beginning(event);
  return {
    ...keyOf(target),
    ...planned,
    ...{ sync: 'Planning', revision: null, appliedPlan: null, replay: null, ...unknown },
    ...{ occurredAt, recordedAt, since: occurredAt },
    openPlanned: {
      ...{
        ...planned,
        intent: 'Planning',
        approvedBy: null,
        replay: null,
        foundRevision: null,
        foundSequence: 0,
      },
      ...began,
    },
    openApplied: { ...nothingApplied, ...began },
    openHealth: { ...unknown, ...began },
  };
};

const openAll = (row: TargetRow): readonly Change[] => [
  opened(targetPlannedTable, keyOf(row), row.openPlanned),
  opened(targetAppliedTable, keyOf(row), row.openApplied),
  opened(targetHealthTable, keyOf(row), row.openHealth),
];

const release = (row: TargetRow, event: Stored): readonly Change[] => {
  const key = keyOf(row);
  return [
    closed(targetPlannedTable, key, row.openPlanned, event),
    closed(targetAppliedTable, key, row.openApplied, event),
    closed(targetHealthTable, key, row.openHealth, event),
    remove(targetTable, key),
  ];
};

const healthOf = ({ health, healthPlan, healthMessage }: TargetRow) => ({
  health,
  healthPlan,
  healthMessage,
});

/** The row after an event, with the spans that it ends and begins. */
const advance = (row: TargetRow, event: Stored): readonly Change[] => {
  const key = keyOf(row);
  const next = healthAfter(syncAfter(row, event), event);
  const planned = plannedAfter(row, event);
  const applied = appliedAfter(row.openApplied, event);
  const { occurredAt, recordedAt } = instantsOf(event);
  const after: Writable<TargetRow> = { ...next, occurredAt, recordedAt };
  const changes: Change[] = [];
  if (row.sync !== next.sync || row.health !== next.health) after.since = occurredAt;
  if (differ(row.openPlanned, planned, plannedProperties)) {
    after.openPlanned = { ...planned, ...beginning(event, row.openPlanned) };
    changes.push(closed(targetPlannedTable, key, row.openPlanned, event));
    changes.push(opened(targetPlannedTable, key, after.openPlanned));
  }
  if (differ(row.openApplied, applied, appliedProperties)) {
    after.openApplied = { ...applied, ...beginning(event, row.openApplied) };
    changes.push(closed(targetAppliedTable, key, row.openApplied, event));
    changes.push(opened(targetAppliedTable, key, after.openApplied));
  }
  if (differ<TargetRow>(row, next, healthProperties)) {
    after.openHealth = { ...healthOf(next), ...beginning(event, row.openHealth) };
    changes.push(closed(targetHealthTable, key, row.openHealth, event));
    changes.push(opened(targetHealthTable, key, after.openHealth));
  }
  return next === row && changes.length === 0 ? [] : [put(targetTable, after), ...changes];
};

const project = (event: Stored, find: Find): readonly Change[] => {
  const target = targetOf(event);
  if (!target) return [];
  const row = find(targetTable, target);
  if (!row) {
    const first = firstRow(event, target);
    return first ? [put(targetTable, first), ...openAll(first)] : [];
  }
  return event.type === 'TargetReleased' ? release(row, event) : advance(row, event);
};

/** Every target's sync and health now, and what was planned, applied and observed of it over time. */
export const targetsProjection: Projection = {
  name: 'targets',
  version: 5,
  tables: [targetTable, targetPlannedTable, targetAppliedTable, targetHealthTable],
  reads: (event) => {
    const target = targetOf(event);
    return target ? [read(targetTable, target)] : [];
  },
  project,
};
