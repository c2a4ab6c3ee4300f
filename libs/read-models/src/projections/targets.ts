import type { TargetName } from '@syncline/events';

import {
  instantsOf, put, read, remove, targetOf, type Change, type Find, type Projection, type Stored,
} from '../projecting/projection.js'; // prettier-ignore
import { targetHealthTable, targetStateTable, targetTable, type TargetRow } from '../tables/target.js';
import type { Span } from '../tables/table.js';
import { spanFrom, spanUntil } from './spans.js';
import { healthAfter, syncAfter } from './target-rules.js';

type Writable<Row> = { -readonly [Property in keyof Row]: Row[Property] };

const syncProperties = ['sync', 'revision', 'desiredRevision', 'plan', 'message', 'mode'] as const;
const healthProperties = ['health', 'healthPlan', 'healthMessage'] as const;

const differ = (a: TargetRow, b: TargetRow, properties: readonly (keyof TargetRow)[]): boolean =>
  properties.some((property) => a[property] !== b[property]);

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

const syncSpan = (row: TargetRow, during: Span): Change => {
  const { cluster, project, application, sync, revision, desiredRevision, plan, message, mode } = row;
  const { syncSequence: sequence, syncIndex: index } = row;
  const { syncOccurredAt: occurredAt, syncRecordedAt: recordedAt } = row;
  return put(targetStateTable, {
    cluster, project, application, sequence, index, sync, revision, desiredRevision, plan, message, mode,
    occurredAt, recordedAt, during,
  }); // prettier-ignore
};
const openSync = (row: TargetRow): Change => syncSpan(row, spanFrom(row.syncRecordedAt));
const closeSync = (row: TargetRow, event: Stored): Change =>
  syncSpan(row, spanUntil(row.syncRecordedAt, event));

const healthSpan = (row: TargetRow, during: Span): Change => {
  const { cluster, project, application, health, healthPlan, healthMessage } = row;
  const { healthSequence: sequence, healthIndex: index } = row;
  const { healthOccurredAt: occurredAt, healthRecordedAt: recordedAt } = row;
  return put(targetHealthTable, {
    cluster, project, application, sequence, index, health, healthPlan, healthMessage,
    occurredAt, recordedAt, during,
  }); // prettier-ignore
};
const openHealth = (row: TargetRow): Change => healthSpan(row, spanFrom(row.healthRecordedAt));
const closeHealth = (row: TargetRow, event: Stored): Change =>
  healthSpan(row, spanUntil(row.healthRecordedAt, event));

const release = (row: TargetRow, event: Stored): readonly Change[] => [
  closeSync(row, event),
  closeHealth(row, event),
  remove(targetTable, keyOf(row)),
];

/** The row after an event, with the spans that it ends and begins. */
const advance = (row: TargetRow, next: TargetRow, event: Stored): readonly Change[] => {
  const { occurredAt, recordedAt } = instantsOf(event);
  const { sequence, index } = event.position;
  const isSyncNew = differ(row, next, syncProperties);
  const isHealthNew = differ(row, next, healthProperties);
  const after: Writable<TargetRow> = { ...next, occurredAt, recordedAt };
  if (row.sync !== next.sync || row.health !== next.health) after.since = occurredAt;
  if (isSyncNew) {
    [after.syncSequence, after.syncIndex] = [sequence, index];
    [after.syncOccurredAt, after.syncRecordedAt] = [occurredAt, recordedAt];
  }
  if (isHealthNew) {
    [after.healthSequence, after.healthIndex] = [sequence, index];
    [after.healthOccurredAt, after.healthRecordedAt] = [occurredAt, recordedAt];
  }
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
