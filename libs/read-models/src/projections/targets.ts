import type { TargetName } from '@syncline/events';

import {
  instantsOf, put, read, remove, targetOf, type Change, type Find, type Projection, type Stored,
} from '../projecting/projection.js'; // prettier-ignore
import {
  targetHealthTable,
  targetStateTable,
  targetTable,
  type TargetHealth,
  type TargetRow,
  type TargetSync,
} from '../tables/target.js';
import { spanFrom, spanUntil } from './spans.js';
import { healthAfter, syncAfter } from './target-rules.js';

/** Whether two rows have the same texts, property by property. */
const isEqual = <Row extends object>(a: Row, b: Row): boolean =>
  (Object.keys(a) as (keyof Row)[]).every((property) => a[property] === b[property]);

const syncOf = (row: TargetRow): TargetSync => {
  const { sync, revision, desiredRevision, plan, message, mode } = row;
  return { sync, revision, desiredRevision, plan, message, mode };
};
const healthOf = ({ health, healthPlan, healthMessage }: TargetRow): TargetHealth => ({
  health,
  healthPlan,
  healthMessage,
});

const keyOf = ({ cluster, project, application }: TargetName): TargetName => ({
  cluster,
  project,
  application,
});

/** A target's first row: nothing is applied, nothing is known of its health. */
const firstRow = (event: Stored, target: TargetName): TargetRow | undefined => {
  if (event.type !== 'PlanRequested') return undefined;
  const { occurredAt, recordedAt } = instantsOf(event);
  const { sequence, index } = event.position;
  return {
    ...keyOf(target),
    ...{ sync: 'Planning', revision: null, desiredRevision: event.data.revision, plan: null, message: null },
    mode: event.data.spec.mode,
    ...{ health: 'Unknown', healthPlan: null, healthMessage: null, appliedPlan: null },
    repository: event.data.spec.repository,
    rollout: event.data.rollout,
    ...{ occurredAt, recordedAt, since: occurredAt },
    ...{ syncSequence: sequence, syncIndex: index, syncOccurredAt: occurredAt, syncRecordedAt: recordedAt },
    ...{ healthSequence: sequence, healthIndex: index },
    ...{ healthOccurredAt: occurredAt, healthRecordedAt: recordedAt },
  };
};

const openSync = (row: TargetRow): Change =>
  put(targetStateTable, {
    ...keyOf(row),
    ...{ sequence: row.syncSequence, index: row.syncIndex },
    ...syncOf(row),
    ...{ occurredAt: row.syncOccurredAt, recordedAt: row.syncRecordedAt },
    during: spanFrom(row.syncRecordedAt),
  });

const openHealth = (row: TargetRow): Change =>
  put(targetHealthTable, {
    ...keyOf(row),
    ...{ sequence: row.healthSequence, index: row.healthIndex },
    ...healthOf(row),
    ...{ occurredAt: row.healthOccurredAt, recordedAt: row.healthRecordedAt },
    during: spanFrom(row.healthRecordedAt),
  });

const closed = (opened: Change, from: string, event: Stored): Change =>
  'row' in opened ? { ...opened, row: { ...opened.row, during: spanUntil(from, event) } } : opened;

const closeSync = (row: TargetRow, event: Stored): Change => closed(openSync(row), row.syncRecordedAt, event);
const closeHealth = (row: TargetRow, event: Stored): Change =>
  closed(openHealth(row), row.healthRecordedAt, event);

const release = (row: TargetRow, event: Stored): readonly Change[] => [
  closeSync(row, event),
  closeHealth(row, event),
  remove(targetTable, keyOf(row)),
];

/** The row after an event, with the spans that it ends and begins. */
const advance = (row: TargetRow, next: TargetRow, event: Stored): readonly Change[] => {
  const { occurredAt, recordedAt } = instantsOf(event);
  const { sequence, index } = event.position;
  const isSyncNew = !isEqual(syncOf(row), syncOf(next));
  const isHealthNew = !isEqual(healthOf(row), healthOf(next));
  const isWordNew = row.sync !== next.sync || row.health !== next.health;
  const after: TargetRow = {
    ...next,
    ...{ occurredAt, recordedAt },
    ...(isWordNew && { since: occurredAt }),
    ...(isSyncNew && {
      ...{ syncSequence: sequence, syncIndex: index, syncOccurredAt: occurredAt, syncRecordedAt: recordedAt },
    }),
    ...(isHealthNew && {
      ...{ healthSequence: sequence, healthIndex: index },
      ...{ healthOccurredAt: occurredAt, healthRecordedAt: recordedAt },
    }),
  };
  return [
    put(targetTable, after),
    ...(isSyncNew ? [closeSync(row, event), openSync(after)] : []),
    ...(isHealthNew ? [closeHealth(row, event), openHealth(after)] : []),
  ];
};

const project = (event: Stored, find: Find): readonly Change[] => {
  const target = targetOf(event);
  if (!target) return [];
  const row = find(targetTable, target);
  if (!row) {
    const first = firstRow(event, target);
    return first ? [put(targetTable, first), openSync(first), openHealth(first)] : [];
  }
  if (event.type === 'TargetReleased') return release(row, event);
  const next = healthAfter(syncAfter(row, event), event);
  return next === row ? [] : advance(row, next, event);
};

/** Every target's sync and health, now and over time. */
export const targetsProjection: Projection = {
  name: 'targets',
  version: 2,
  tables: [targetTable, targetStateTable, targetHealthTable],
  reads: (event) => {
    const target = targetOf(event);
    return target ? [read(targetTable, target)] : [];
  },
  project,
};
