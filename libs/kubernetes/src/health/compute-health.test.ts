import { describe, expect, it } from 'vitest';

import type { Health } from '@syncline/events';

import type { KubeObject } from '../objects/kube-object.js';
import { computeHealth } from './compute-health.js';
import { healthOfTarget } from './target-health.js';

type Parts = { readonly spec?: object; readonly status?: object; readonly metadata?: object };
const object = (apiVersion: string, kind: string, { spec, status, metadata }: Parts): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'web', ...metadata },
  ...(spec && { spec }),
  ...(status && { status }),
});
const condition = (type: string, status: string, reason?: string, message?: string) => ({
  type,
  status,
  ...(reason && { reason }),
  ...(message && { message }),
});
const rolledOut = [
  condition('Progressing', 'True', 'NewReplicaSetAvailable'),
  condition('Available', 'True'),
];
const counts = (all: number) => ({
  replicas: all,
  updatedReplicas: all,
  availableReplicas: all,
  readyReplicas: all,
});
const deadline = { progressDeadlineSeconds: 600 };

type Row = readonly [
  name: string,
  apiVersion: string,
  kind: string,
  parts: Parts,
  health: Health,
  message: string,
];

const everyKind: readonly Row[] = [
  ['that is being deleted', 'v1', 'ConfigMap', { metadata: { deletionTimestamp: '2026-11-24T06:00:00Z' } }, 'Terminating', 'is being deleted'],
  ['whose controller is behind', 'apps/v1', 'Deployment', { metadata: { generation: 2 }, spec: { replicas: 1, ...deadline }, status: { observedGeneration: 1, ...counts(1), conditions: rolledOut } }, 'InProgress', 'its controller has not seen this generation yet'],
  ['that reconciles', 'example.com/v1', 'Widget', { status: { conditions: [condition('Reconciling', 'True', 'Working', 'rolling out')] } }, 'InProgress', 'rolling out'],
  ['that is stalled', 'example.com/v1', 'Widget', { status: { conditions: [condition('Stalled', 'True', 'BadSpec', 'no such plan')] } }, 'Failed', 'no such plan'],
  ['that is ready', 'example.com/v1', 'Widget', { status: { conditions: [condition('Ready', 'True')] } }, 'Current', 'ready'],
  ['that is not ready', 'example.com/v1', 'Widget', { status: { conditions: [condition('Ready', 'False', 'Waiting')] } }, 'InProgress', 'Waiting'],
  ['without conditions', 'example.com/v1', 'Widget', {}, 'Current', 'exists'],
  ['without Ready', 'example.com/v1', 'Widget', { status: { conditions: [condition('Synced', 'True')] } }, 'Current', 'exists; no condition says Ready'],
  ['', 'v1', 'Secret', {}, 'Current', 'exists'],
]; // prettier-ignore

const workloads: readonly Row[] = [
  ['new', 'apps/v1', 'Deployment', { spec: { replicas: 2, ...deadline } }, 'InProgress', 'created 0 of 2'],
  ['updating', 'apps/v1', 'Deployment', { spec: { replicas: 2, ...deadline }, status: { ...counts(2), updatedReplicas: 1 } }, 'InProgress', 'updated 1 of 2'],
  ['with old Pods', 'apps/v1', 'Deployment', { spec: { replicas: 2, ...deadline }, status: { ...counts(2), replicas: 3 } }, 'InProgress', '1 more than wanted are still to end'],
  ['not available', 'apps/v1', 'Deployment', { spec: { replicas: 2, ...deadline }, status: { ...counts(2), availableReplicas: 1 } }, 'InProgress', 'available 1 of 2'],
  ['not ready', 'apps/v1', 'Deployment', { spec: { replicas: 2, ...deadline }, status: { ...counts(2), readyReplicas: 1 } }, 'InProgress', 'ready 1 of 2'],
  ['not said to be done', 'apps/v1', 'Deployment', { spec: { replicas: 2, ...deadline }, status: counts(2) }, 'InProgress', 'its ReplicaSet is not available yet'],
  ['without a deadline', 'apps/v1', 'Deployment', { spec: { replicas: 2 }, status: { ...counts(2), conditions: [condition('Available', 'True')] } }, 'Current', '2 available'],
  ['past its deadline', 'apps/v1', 'Deployment', { spec: { replicas: 2, ...deadline }, status: { conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded', 'timed out')] } }, 'Failed', 'timed out'],
  ['paused', 'apps/v1', 'Deployment', { spec: { replicas: 2, paused: true, ...deadline } }, 'Suspended', 'paused'],
  ['done', 'apps/v1', 'Deployment', { spec: { replicas: 2, ...deadline }, status: { ...counts(2), conditions: rolledOut } }, 'Current', '2 available'],
  ['of none', 'apps/v1', 'Deployment', { spec: { replicas: 0, ...deadline }, status: { conditions: rolledOut } }, 'Current', '0 available'],
  ['new', 'apps/v1', 'StatefulSet', { spec: { replicas: 2 } }, 'InProgress', 'created 0 of 2'],
  ['not ready', 'apps/v1', 'StatefulSet', { spec: { replicas: 2 }, status: { replicas: 2, readyReplicas: 1 } }, 'InProgress', 'ready 1 of 2'],
  ['updating', 'apps/v1', 'StatefulSet', { spec: { replicas: 2 }, status: { replicas: 2, readyReplicas: 2, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' } }, 'InProgress', 'updated 1 of 2'],
  ['not finished', 'apps/v1', 'StatefulSet', { spec: { replicas: 1 }, status: { replicas: 1, readyReplicas: 1, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' } }, 'InProgress', 'the update is not finished'],
  ['with a partition', 'apps/v1', 'StatefulSet', { spec: { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } }, status: { replicas: 3, readyReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' } }, 'Current', '3 ready'],
  ['updated on deletion', 'apps/v1', 'StatefulSet', { spec: { replicas: 1, updateStrategy: { type: 'OnDelete' } }, status: { replicas: 1, readyReplicas: 1, currentRevision: 'a', updateRevision: 'b' } }, 'Current', '1 ready; Pods are updated when they are deleted'],
  ['done', 'apps/v1', 'StatefulSet', { spec: { replicas: 1 }, status: { replicas: 1, readyReplicas: 1, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'a' } }, 'Current', '1 ready'],
  ['unseen', 'apps/v1', 'DaemonSet', {}, 'InProgress', 'not yet seen by its controller'],
  ['scheduling', 'apps/v1', 'DaemonSet', { status: { observedGeneration: 1, desiredNumberScheduled: 3, currentNumberScheduled: 2 } }, 'InProgress', 'scheduled 2 of 3'],
  ['done', 'apps/v1', 'DaemonSet', { status: { observedGeneration: 1, desiredNumberScheduled: 3, currentNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3, numberReady: 3 } }, 'Current', 'on 3 nodes'],
  ['that cannot create Pods', 'apps/v1', 'ReplicaSet', { spec: { replicas: 1 }, status: { conditions: [condition('ReplicaFailure', 'True', 'FailedCreate', 'quota')] } }, 'InProgress', 'quota'],
  ['done', 'apps/v1', 'ReplicaSet', { spec: { replicas: 1 }, status: { ...counts(1), fullyLabeledReplicas: 1 } }, 'Current', '1 available'],
]; // prettier-ignore

const waiting = (reason: string) => ({
  containerStatuses: [{ name: 'web', state: { waiting: { reason } } }],
});
const image = { containers: [{ name: 'web', image: 'shop/web:1.42' }] };

const pods: readonly Row[] = [
  ['ready', 'v1', 'Pod', { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } }, 'Current', 'ready'],
  ['running', 'v1', 'Pod', { status: { phase: 'Running' } }, 'InProgress', 'running, not ready yet'],
  ['pending', 'v1', 'Pod', { status: { phase: 'Pending' } }, 'InProgress', 'not running yet'],
  ['without a node', 'v1', 'Pod', { status: { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable', '0/2 nodes')] } }, 'InProgress', 'no node takes it: 0/2 nodes'],
  ['without its image', 'v1', 'Pod', { spec: image, status: { phase: 'Pending', ...waiting('ImagePullBackOff') } }, 'InProgress', 'image "shop/web:1.42" cannot be pulled'],
  ['that crashes', 'v1', 'Pod', { spec: image, status: { phase: 'Running', ...waiting('CrashLoopBackOff') } }, 'Failed', 'container web crashes again and again'],
  ['completed', 'v1', 'Pod', { status: { phase: 'Succeeded' } }, 'Current', 'completed'],
  ['failed', 'v1', 'Pod', { status: { phase: 'Failed', reason: 'Evicted' } }, 'Failed', 'Evicted'],
]; // prettier-ignore

const others: readonly Row[] = [
  ['new', 'batch/v1', 'Job', {}, 'InProgress', 'not started yet'],
  ['running', 'batch/v1', 'Job', { spec: { completions: 3 }, status: { startTime: 'x', succeeded: 1 } }, 'InProgress', '1 of 3 succeeded, 0 failed'],
  ['complete', 'batch/v1', 'Job', { status: { startTime: 'x', succeeded: 3, conditions: [condition('Complete', 'True')] } }, 'Current', 'completed, 3 succeeded'],
  ['failed', 'batch/v1', 'Job', { status: { startTime: 'x', conditions: [condition('Failed', 'True', 'BackoffLimitExceeded')] } }, 'Failed', 'BackoffLimitExceeded'],
  ['suspended', 'batch/v1', 'Job', { spec: { suspend: true } }, 'Suspended', 'suspended'],
  ['', 'batch/v1', 'CronJob', {}, 'Current', 'scheduled'],
  ['suspended', 'batch/v1', 'CronJob', { spec: { suspend: true } }, 'Suspended', 'suspended'],
  ['bound', 'v1', 'PersistentVolumeClaim', { status: { phase: 'Bound' } }, 'Current', 'bound'],
  ['pending', 'v1', 'PersistentVolumeClaim', { status: { phase: 'Pending' } }, 'InProgress', 'not bound yet'],
  ['lost', 'v1', 'PersistentVolumeClaim', { status: { phase: 'Lost' } }, 'Failed', 'its volume is lost'],
  ['available', 'v1', 'PersistentVolume', { status: { phase: 'Available' } }, 'Current', 'available'],
  ['failed', 'v1', 'PersistentVolume', { status: { phase: 'Failed', message: 'cannot be recycled' } }, 'Failed', 'cannot be recycled'],
  ['inside', 'v1', 'Service', { spec: { type: 'ClusterIP' } }, 'Current', 'has its address'],
  ['for outside without an address', 'v1', 'Service', { spec: { type: 'LoadBalancer' } }, 'InProgress', 'has no cluster address yet'],
  ['for outside', 'v1', 'Service', { spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1' } }, 'Current', 'has its address'],
  ['new', 'apiextensions.k8s.io/v1', 'CustomResourceDefinition', {}, 'InProgress', 'is being installed'],
  ['installing', 'apiextensions.k8s.io/v1', 'CustomResourceDefinition', { status: { conditions: [condition('Established', 'False', 'Installing')] } }, 'InProgress', 'is being installed'],
  ['rejected', 'apiextensions.k8s.io/v1', 'CustomResourceDefinition', { status: { conditions: [condition('NamesAccepted', 'False', 'KindConflict')] } }, 'Failed', 'KindConflict'],
  ['established', 'apiextensions.k8s.io/v1', 'CustomResourceDefinition', { status: { conditions: [condition('NamesAccepted', 'True'), condition('Established', 'True')] } }, 'Current', 'established'],
  ['', 'policy/v1', 'PodDisruptionBudget', { metadata: { generation: 1 }, status: { observedGeneration: 1, disruptionsAllowed: 0, conditions: [condition('DisruptionAllowed', 'False')] } }, 'Current', 'exists; no condition says Ready'],
  ['', 'networking.k8s.io/v1', 'Ingress', {}, 'Current', 'exists'],
  ['that scales', 'autoscaling/v2', 'HorizontalPodAutoscaler', { status: { currentReplicas: 2, conditions: [condition('ScalingActive', 'False')] } }, 'Current', 'at 2 replicas'],
  ['that cannot scale', 'autoscaling/v2', 'HorizontalPodAutoscaler', { status: { conditions: [condition('AbleToScale', 'False', 'FailedGetScale', 'no such Deployment')] } }, 'Failed', 'no such Deployment'],
  ['', 'apiregistration.k8s.io/v1', 'APIService', { status: { conditions: [condition('Available', 'False', 'MissingEndpoints')] } }, 'InProgress', 'MissingEndpoints'],
]; // prettier-ignore

describe('the health of', () => {
  it.each(
    [...everyKind, ...workloads, ...pods, ...others].map(
      (row) => [`${row[2]} ${row[0]}`.trim(), row] as const,
    ),
  )('a %s', (_title, [, apiVersion, kind, parts, health, message]) => {
    expect(computeHealth(object(apiVersion, kind, parts))).toEqual({ health, message });
  });

  it('a claim that waits for its first consumer does not hold anything up', () => {
    const claim = object('v1', 'PersistentVolumeClaim', { status: { phase: 'Pending' } });
    expect(computeHealth(claim, { waitsForConsumer: true })).toEqual({
      health: 'Current',
      message: 'waits for its first consumer',
    });
  });
});

describe('the health of a target', () => {
  const one = (name: string, health: Health) => ({
    object: { apiVersion: 'v1', kind: 'ConfigMap', name },
    health,
    message: '',
  });

  it('is that of its worst object, which it names first', () => {
    const health = healthOfTarget([
      one('a', 'Current'),
      one('b', 'InProgress'),
      one('c', 'Failed'),
      one('d', 'NotFound'),
      one('e', 'Suspended'),
    ]);
    expect(health.health).toBe('Failed');
    expect(health.objects.map(({ object: { name } }) => name)).toEqual(['c', 'd', 'b', 'e']);
    expect(health.objectCount).toBe(4);
  });

  it('names five objects at most, and counts all', () => {
    const health = healthOfTarget(Array.from({ length: 9 }, (_, at) => one(String(at), 'Failed')));
    expect([health.objects.length, health.objectCount]).toEqual([5, 9]);
  });

  it('is Current where it has no objects', () => {
    expect(healthOfTarget([])).toEqual({ health: 'Current', objects: [], objectCount: 0 });
  });
});
