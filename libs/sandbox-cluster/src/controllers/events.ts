import { randomBytes } from 'node:crypto';

import { timestamp, type Cluster } from '../cluster.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { Refused } from '../server/answer.js';
import { deleteObject } from '../server/deleting.js';
import { createAs } from './control.js';

/** What a controller says of an object to people. */
export type Remark = {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Who says so: `kubelet`, `deployment-controller`. */
  readonly component: string;
};

/** As kube-apiserver's `--event-ttl`. */
const keptMs = 3_600_000;

/** Says something of an object as an Event of core/v1. In a namespace that is going nothing more is said. */
export const say = (cluster: Cluster, { apiVersion, kind, metadata }: KubeObject, remark: Remark): void => {
  const { name = '', namespace = 'default', uid = '', resourceVersion = '' } = metadata;
  const now = timestamp();
  const { component, ...said } = remark;
  try {
    createAs(cluster, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
      involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
      ...said,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
};

/** Forgets an Event after an hour; answers in how many milliseconds that is. */
export const reconcileEvent = (cluster: Cluster, event: KubeObject): number | undefined => {
  const leftMs = Date.parse(event.metadata.creationTimestamp ?? '') + keptMs - Date.now();
  if (leftMs > 0) return leftMs;
  deleteObject(cluster, 'events', event);
  return undefined;
};
