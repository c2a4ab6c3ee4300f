import { decodeToken } from '@syncline/events';
import { isDeepStrictEqual } from 'node:util';

import {
  canonicalInstant, instantsOf, put, read, remove, type Change, type Find, type Projection, type Stored,
} from '../projecting/projection.js'; // prettier-ignore
import { clusterStateTable, clusterTable, type ClusterRow, type ClusterState } from '../tables/cluster.js';
import { beginning, closed, opened } from './spans.js';

/** The cluster that a subject of the fleet or of a link is about. */
const clusterOf = (subject: string): string | undefined => {
  const match = /^ev\.(?:fleet\.([^.]+)|cluster\.([^.]+)\.link)$/.exec(subject);
  const token = match?.[1] ?? match?.[2];
  return token === undefined ? undefined : decodeToken(token);
};

const stateOf = ({ labels, applier, state, kubernetesVersion, reason }: ClusterRow): ClusterState => ({
  labels,
  applier,
  state,
  kubernetesVersion,
  reason,
});

const openOf = (row: ClusterRow) => ({ ...stateOf(row), ...row.open });
const open = (row: ClusterRow): Change => opened(clusterStateTable, { cluster: row.cluster }, openOf(row));
const close = (row: ClusterRow, event: Stored): Change =>
  closed(clusterStateTable, { cluster: row.cluster }, openOf(row), event);

const rowOf = (
  cluster: string,
  state: ClusterState,
  since: string,
  event: Stored,
  before: ClusterRow | undefined,
): ClusterRow => ({
  cluster,
  ...state,
  since,
  ...instantsOf(event),
  open: beginning(event, before?.open),
});

const returned = 'its agent is back, and has not said yet whether the API server answers';

/** What an event makes of a cluster's state; undefined where it does not concern it. */
const after = (row: ClusterRow | undefined, event: Stored): ClusterState | undefined => {
  if (event.type === 'ClusterRegistered') {
    const { labels, applier } = event.data;
    const fresh = { state: 'Pending', kubernetesVersion: null, reason: null } as const;
    return { ...(row ? stateOf(row) : fresh), labels, applier };
  }
  if (!row) return undefined;
  switch (event.type) {
    case 'ClusterRelabelled':
      return { ...stateOf(row), labels: event.data.labels };
    case 'ClusterConnected':
      return {
        ...stateOf(row),
        state: 'Connected',
        kubernetesVersion: event.data.kubernetesVersion,
        reason: null,
      };
    case 'ClusterLost':
      return { ...stateOf(row), state: 'Lost', reason: event.data.reason };
    case 'AgentLost':
      return { ...stateOf(row), state: 'Lost', reason: event.data.reason };
    case 'AgentReturned':
      // Until it says how its cluster is, nothing is known of that; it may have said so before it was missed no more.
      return row.state === 'Lost' ? { ...stateOf(row), reason: returned } : undefined;
    default:
      return undefined;
  }
};

const project = (event: Stored, find: Find): readonly Change[] => {
  const cluster = clusterOf(event.subject);
  if (cluster === undefined) return [];
  const row = find(clusterTable, { cluster });
  if (event.type === 'ClusterRemoved')
    return row ? [close(row, event), remove(clusterTable, { cluster })] : [];
  const state = after(row, event);
  if (!state) return [];
  if (row && isDeepStrictEqual(stateOf(row), state)) {
    return [put(clusterTable, { ...row, ...instantsOf(event) })];
  }
  const moved =
    event.type === 'ClusterLost' || event.type === 'AgentLost'
      ? canonicalInstant(event.data.since)
      : instantsOf(event).occurredAt;
  const next = rowOf(cluster, state, row?.state === state.state ? row.since : moved, event, row);
  return [put(clusterTable, next), ...(row ? [close(row, event)] : []), open(next)];
};

/** The fleet's members, now and over time. */
export const clustersProjection: Projection = {
  name: 'clusters',
  version: 3,
  tables: [clusterTable, clusterStateTable],
  reads: (event) => {
    const cluster = clusterOf(event.subject);
    return cluster === undefined ? [] : [read(clusterTable, { cluster })];
  },
  project,
};
