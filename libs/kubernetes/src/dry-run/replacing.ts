import { createHash } from 'node:crypto';

import type { ObjectName } from '@syncline/events';

import type { ObjectApi, Propagation } from '../connection/object-api.js';
import { isKubernetesError, type KubernetesError } from '../kubernetes-error.js';
import { groupOf, identityOf, type KubeObject } from '../objects/kube-object.js';
import type { Served } from './examine.js';

const never: ReadonlySet<string> = new Set([
  '/PersistentVolume', '/PersistentVolumeClaim', '/Namespace', 'apiextensions.k8s.io/CustomResourceDefinition',
]); // prettier-ignore

/** Whether objects of a kind are never deleted to be created anew: too much would go with them. */
export const isNeverReplaced = ({ apiVersion, kind }: Pick<ObjectName, 'apiVersion' | 'kind'>): boolean =>
  never.has(`${groupOf(apiVersion)}/${kind}`);

const flux = 'kustomize.toolkit.fluxcd.io/force';
const own = 'syncline.dev/replace';
/** Syncline's own annotation that allows a replacement. */
export const replaceAnnotation = `${own}: "true"`;

/** The annotation in Git by which an object may be replaced, as written; undefined where there is none, or for its kind never is. */
export const replacedBy = (body: KubeObject): string | undefined => {
  if (isNeverReplaced(body)) return undefined;
  const annotations = body.metadata.annotations ?? {};
  if (annotations[own] === 'true') return replaceAnnotation;
  if (annotations[flux]?.toLowerCase() === 'enabled') return `${flux}: enabled`;
  const options = (annotations['argocd.argoproj.io/sync-options'] ?? '').split(',').map((one) => one.trim());
  const option = options.find((one) => one === 'Replace=true' || one === 'Force=true');
  return option && `argocd.argoproj.io/sync-options: ${option}`;
};

const runsPods = ({ apiVersion }: Pick<ObjectName, 'apiVersion'>): boolean =>
  ['apps', 'batch'].includes(groupOf(apiVersion));

/** What runs Pods goes after them, so that old and new never run side by side. */
export const propagationOf = (object: ObjectName): Propagation =>
  runsPods(object) ? 'Foreground' : 'Background';

/** What is deleted together with an object, for people. */
export const takenAlong = (object: ObjectName): string | undefined => {
  if (object.kind === 'Service' && object.apiVersion === 'v1') return 'its addresses';
  return runsPods(object) ? 'its Pods, and nothing runs until the new ones do' : undefined;
};

/** How an object would be, made anew, or why it would not be. */
export type Trial = { readonly dryRun?: KubeObject; readonly error?: KubernetesError };

/** Dry-runs the object beside the live one, under a name that nobody has. */
export const tryAnew = async (
  api: ObjectApi,
  { body, object, resource }: Served,
  signal?: AbortSignal,
): Promise<Trial> => {
  const name = `syncline-trial-${createHash('sha256').update(identityOf(object)).digest('hex').slice(0, 12)}`;
  const trial = { ...body, metadata: { ...body.metadata, name } };
  try {
    const dryRun = await api.apply(resource, trial, { dryRun: true, signal });
    return { dryRun: { ...dryRun, metadata: { ...dryRun.metadata, name: object.name } } };
  } catch (error) {
    if (!isKubernetesError(error) || error.retryable) throw error;
    return { error };
  }
};

/** Whether a failed trial says something about the object itself, and not about its trial beside the live one. */
export const isAboutItself = ({ code, message }: KubernetesError): boolean =>
  code === 'schema' || (code === 'invalid' && !message.includes('already allocated'));
