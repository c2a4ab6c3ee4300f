import type { TargetName } from '@syncline/events';

import {
  canonicalInstant, instantsOf, put, read, remove, targetOf, type Change, type Find, type Projection, type Stored,
} from '../projecting/projection.js'; // prettier-ignore
import { openDriftTable, pastDriftTable, type OpenDriftRow, type PastDriftRow } from '../tables/drift.js';

type Of<Type extends Stored['type']> = Extract<Stored, { type: Type }>;
type Ending = Pick<PastDriftRow, 'until' | 'endedBy' | 'manager'>;

/** The end of the years that a row can keep. */
const farFuture = Date.parse('9999-12-31T00:00:00Z');

/** It is as old as its first sight, however often and as whatever it is said again. */
const said = (
  event: Of<'DriftDetected'>,
  target: TargetName,
  before: OpenDriftRow | undefined,
): OpenDriftRow => {
  const { plan, revision, objects, objectCount, document, flaps } = event.data;
  const { cluster, project, application } = target;
  const firstSeen = canonicalInstant(event.data.firstSeen);
  const same = before?.firstSeen === firstSeen ? before : undefined;
  return {
    ...{ cluster, project, application, plan, revision, firstSeen, objects, objectCount },
    sequence: same?.sequence ?? event.position.sequence,
    index: same?.index ?? event.position.index,
    document: document.digest,
    said: (same?.said ?? 0) + 1,
    flaps: (same?.flaps ?? 0) + flaps,
    correlationId: event.correlationId,
    ...instantsOf(event),
  };
};

const endingOf = (event: Stored): Ending | undefined => {
  if (event.type === 'DriftHealed') {
    const { firstSeen, lifetimeSeconds, by, manager = null } = event.data;
    const until = Date.parse(firstSeen) + lifetimeSeconds * 1000;
    const told = until < farFuture ? new Date(until).toISOString() : instantsOf(event).occurredAt;
    return { until: told, endedBy: by, manager };
  }
  // What is ours no more drifts no more.
  return event.type === 'TargetReleased' || event.type === 'TargetOrphaned'
    ? { until: instantsOf(event).occurredAt, endedBy: 'released', manager: null }
    : undefined;
};

const ended = (row: OpenDriftRow, ending: Ending, event: Stored): readonly Change[] => {
  const { cluster, project, application, firstSeen } = row;
  const until = ending.until < firstSeen ? firstSeen : ending.until;
  return [
    remove(openDriftTable, { cluster, project, application }),
    put(pastDriftTable, { ...row, ...ending, until, ...instantsOf(event) }),
  ];
};

const project = (event: Stored, find: Find): readonly Change[] => {
  const target = targetOf(event);
  const ending = endingOf(event);
  if (!target || (!ending && event.type !== 'DriftDetected')) return [];
  const row = find(openDriftTable, target);
  if (event.type === 'DriftDetected') return [put(openDriftTable, said(event, target, row))];
  return row && ending ? ended(row, ending, event) : [];
};

/** Every drift of a target: that which it has, and those which ended. */
export const driftsProjection: Projection = {
  name: 'drifts',
  version: 1,
  tables: [openDriftTable, pastDriftTable],
  reads: (event) => {
    const target = targetOf(event);
    return target && (event.type === 'DriftDetected' || endingOf(event))
      ? [read(openDriftTable, target)]
      : [];
  },
  project,
};
