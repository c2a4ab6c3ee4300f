import { decodeToken } from '@syncline/events';

import { instantsOf, put, targetOf, type Projection, type Stored } from '../projecting/projection.js';
import { eventTable } from '../tables/event.js';

type Names = {
  readonly cluster: string | null;
  readonly project: string | null;
  readonly application: string | null;
};
const nothing: Names = { cluster: null, project: null, application: null };

/** What a subject is about: a target, an application, a cluster, or none of them. */
const namesOf = (event: Stored): Names => {
  const target = targetOf(event);
  if (target) return target;
  const [, family, first, second] = event.subject.split('.');
  if (family === 'app' && first !== undefined && second !== undefined) {
    return { ...nothing, project: decodeToken(first), application: decodeToken(second) };
  }
  const isCluster = family === 'fleet' || family === 'cluster';
  return isCluster && first !== undefined ? { ...nothing, cluster: decodeToken(first) } : nothing;
};

const project = (event: Stored) => {
  const { sequence, index } = event.position;
  const { cluster, project: ofProject, application } = namesOf(event);
  const { occurredAt, recordedAt } = instantsOf(event);
  const { type, subject, actor, correlationId, id, source, version, data } = event;
  const { causationId = null, causationSubject = null, traceparent = null } = event;
  return [
    put(eventTable, {
      sequence, index, type, subject, cluster, project: ofProject, application, actor, correlationId, id, source, version,
      causationId, causationSubject, traceparent, data, occurredAt, recordedAt,
    }), // prettier-ignore
  ];
};

/** Every event, for paging by type, subject and correlation. */
export const eventsProjection: Projection = {
  name: 'events',
  version: 3,
  tables: [eventTable],
  reads: () => [],
  project,
};
