import { createHash } from 'node:crypto';

import { isKubernetesError } from '../kubernetes-error.js';
import type { ObjectApi } from '../connection/object-api.js';
import { identityOf } from '../objects/kube-object.js';
import type { Refusal, Wanted } from '../objects/wanted.js';

/** A namespace that every cluster has. */
const trialNamespace = 'default';

/**
 * Asks whether an object is well-formed whose namespace is not there yet: a dry run in a namespace that is, under a name that
 * nobody has. Only what is about the object itself counts (schema, validation); all else says nothing about the real place.
 */
export const tryElsewhere = async (
  api: ObjectApi,
  { body, object, resource }: Wanted,
  signal?: AbortSignal,
): Promise<Refusal | undefined> => {
  if (!resource?.namespaced) return undefined;
  const name = `syncline-trial-${createHash('sha256').update(identityOf(object)).digest('hex').slice(0, 12)}`;
  const trial = { ...body, metadata: { ...body.metadata, namespace: trialNamespace, name } };
  try {
    await api.apply(resource, trial, { dryRun: true, signal });
    return undefined;
  } catch (error) {
    if (!isKubernetesError(error, 'schema', 'invalid')) return undefined;
    const reason = error.message
      .replaceAll(`${trialNamespace}/${name}`, `${object.namespace ?? ''}/${object.name}`)
      .replaceAll(name, object.name);
    return {
      code: error.code,
      reason,
      ...(error.details.field !== undefined && { field: error.details.field }),
    };
  }
};
