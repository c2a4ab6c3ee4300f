import { createHash } from 'node:crypto';

import type { KubeObject } from '../schemas/kube-object.js';

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields => (value ?? {}) as Fields;

/** An address in the range of Services, by the object's uid: no table of addresses has to be kept. */
const clusterAddress = (uid: string): string => {
  const [a = 0, b = 1] = createHash('sha256').update(uid).digest();
  return `10.96.${a}.${(b % 254) + 1}`;
};

const withAddress = (service: KubeObject): KubeObject => {
  const spec = fields(service.spec);
  if (spec.type === 'ExternalName') return service;
  const clusterIP =
    typeof spec.clusterIP === 'string' && spec.clusterIP !== ''
      ? spec.clusterIP
      : clusterAddress(service.metadata.uid ?? '');
  return {
    ...service,
    spec: {
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ...spec,
      clusterIP,
      clusterIPs: spec.clusterIPs ?? [clusterIP],
    },
    status: { loadBalancer: {}, ...fields(service.status) },
  };
};

const withJobLabels = (job: KubeObject): KubeObject => {
  const spec = fields(job.spec);
  if (spec.manualSelector === true || spec.selector !== undefined) return job;
  const { uid = '', name = '' } = job.metadata;
  const own = { 'batch.kubernetes.io/controller-uid': uid };
  const labels = {
    ...own,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const template = fields(spec.template);
  const metadata = fields(template.metadata);
  return {
    ...job,
    spec: {
      ...spec,
      selector: { matchLabels: own },
      template: { ...template, metadata: { ...metadata, labels: { ...fields(metadata.labels), ...labels } } },
    },
  };
};

const phases: Readonly<Record<string, string>> = {
  Namespace: 'Active',
  Pod: 'Pending',
  PersistentVolumeClaim: 'Pending',
  PersistentVolume: 'Pending',
};

/** What the server adds to a new object of a kind. */
export const withPresets = (object: KubeObject): KubeObject => {
  const id = `${object.apiVersion} ${object.kind}`;
  if (id === 'v1 Service') return withAddress(object);
  if (id === 'batch/v1 Job') return withJobLabels(object);
  const phase = object.apiVersion === 'v1' ? phases[object.kind] : undefined;
  return phase === undefined ? object : { ...object, status: { phase, ...fields(object.status) } };
};

/** What an update that leaves a server's choice out does not undo. */
export const withKept = (live: KubeObject, object: KubeObject): KubeObject => {
  if (object.apiVersion !== 'v1' || object.kind !== 'Service') return object;
  const { clusterIP, clusterIPs } = fields(live.spec);
  const spec = fields(object.spec);
  if (spec.type === 'ExternalName' || spec.clusterIP !== undefined) return object;
  return { ...object, spec: { ...spec, clusterIP, clusterIPs } };
};
