import { randomUUID } from 'node:crypto';

import type { KubeObject, ObjectMeta } from '../schemas/kube-object.js';
import { isSame, withoutMember } from '../schemas/json.js';
import type { Json } from '@syncline/kernel';
import type { Served } from './kinds.js';
import type { Store } from '../storage/store.js';

type Spec = Readonly<Record<string, unknown>>;

const withGeneration = new Set([
  'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod', 'PodDisruptionBudget', 'Ingress',
  'NetworkPolicy', 'CustomResourceDefinition', 'ReplicationController', 'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration', 'PriorityClass',
]); // prettier-ignore

const firstPhases: Readonly<Record<string, string>> = {
  Namespace: 'Active',
  Pod: 'Pending',
  PersistentVolumeClaim: 'Pending',
  PersistentVolume: 'Pending',
};

/** The time as metadata has it: RFC 3339 with seconds. */
export const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

/** What the server adds to an object that is created: identity, and what only it can choose. */
export const created = (served: Served, store: Store, object: KubeObject): KubeObject => {
  const uid = randomUUID();
  const { deletionTimestamp, deletionGracePeriodSeconds, resourceVersion, ...given } = object.metadata;
  void [deletionTimestamp, deletionGracePeriodSeconds, resourceVersion];
  const hasGeneration = served.schema.custom !== undefined || withGeneration.has(served.kind);
  const metadata: ObjectMeta = {
    ...given,
    uid,
    creationTimestamp: now(),
    ...(hasGeneration && { generation: 1 }),
  };
  const phase = served.schema.custom ? undefined : firstPhases[served.kind];
  const status = phase === undefined ? {} : { status: { ...(object.status as object | undefined), phase } };
  return chosen(served, store, { ...object, metadata, ...status }, undefined);
};

/** What the server keeps and counts of an object that is changed. */
export const updated = (served: Served, store: Store, before: KubeObject, object: KubeObject): KubeObject => {
  const {
    uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
    resourceVersion,
  } = before.metadata;
  const kept = Object.fromEntries(
    Object.entries({
      uid,
      creationTimestamp,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      generation,
      resourceVersion,
    }).filter(([, value]) => value !== undefined),
  );
  const own = [
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'resourceVersion',
  ];
  const given = Object.fromEntries(Object.entries(object.metadata).filter(([name]) => !own.includes(name)));
  const next = chosen(served, store, { ...object, metadata: { ...given, ...kept } }, before);
  if (generation === undefined || isSame(wanted(served, before), wanted(served, next))) return next;
  return { ...next, metadata: { ...next.metadata, generation: generation + 1 } };
};

const wanted = (served: Served, object: KubeObject): Json => {
  const plain = withoutMember(object, 'metadata');
  return (served.schema.hasStatus ? withoutMember(plain, 'status') : plain) as unknown as Json;
};

const chosen = (
  served: Served,
  store: Store,
  object: KubeObject,
  before: KubeObject | undefined,
): KubeObject => {
  if (served.collection === '/services') return withAddress(store, object, before);
  if (served.collection === 'batch/jobs' && !before) return withSelector(object);
  return object;
};

const addresses = 65_534;
const addressOf = (index: number): string => `10.96.${index >> 8}.${index & 255}`;

const withAddress = (store: Store, service: KubeObject, before: KubeObject | undefined): KubeObject => {
  const spec = (service.spec ?? {}) as Spec;
  const held = (before?.spec as Spec | undefined)?.clusterIP;
  if (spec.type === 'ExternalName') return service;
  const clusterIP = spec.clusterIP ?? held ?? freeAddress(store);
  const families =
    clusterIP === 'None' && spec.selector === undefined
      ? {}
      : { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' };
  return {
    ...service,
    spec: { ...families, clusterIPs: [clusterIP], ...withNodePorts(store, spec, before), clusterIP },
  };
};

const freeAddress = (store: Store): string => {
  const taken = new Set(store.list('/services').map(({ spec }) => (spec as Spec | undefined)?.clusterIP));
  for (let index = 10; index < addresses; index += 1)
    if (!taken.has(addressOf(index))) return addressOf(index);
  throw new Error('every cluster IP is taken');
};

type Port = { readonly nodePort?: number; readonly port: number };
const portsOf = (service: KubeObject | undefined): readonly Port[] =>
  ((service?.spec as Spec | undefined)?.ports ?? []) as readonly Port[];

const withNodePorts = (store: Store, spec: Spec, before: KubeObject | undefined): Spec => {
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return spec;
  const taken = new Set(
    store.list('/services').flatMap((one) => portsOf(one).map(({ nodePort }) => nodePort)),
  );
  const ports = ((spec.ports ?? []) as readonly Port[]).map((port) => {
    if (port.nodePort !== undefined) return port;
    const held = portsOf(before).find((one) => one.port === port.port)?.nodePort;
    let nodePort = held ?? 30_000;
    while (held === undefined && taken.has(nodePort)) nodePort += 1;
    taken.add(nodePort);
    return { ...port, nodePort };
  });
  return { ...spec, ports };
};

const withSelector = (job: KubeObject): KubeObject => {
  const spec = (job.spec ?? {}) as Spec & { readonly template?: { readonly metadata?: ObjectMeta } };
  if (spec.selector !== undefined || spec.template === undefined) return job;
  const { uid = '', name = '' } = job.metadata;
  const labels = {
    ...spec.template.metadata?.labels,
    'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': name, 'controller-uid': uid, 'job-name': name,
  }; // prettier-ignore
  const template = { ...spec.template, metadata: { ...spec.template.metadata, labels } };
  return {
    ...job,
    spec: { ...spec, selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }, template },
  };
};
