import type { DriftedObject } from '@syncline/events';

import type { InventoryEntry } from '../cluster-client.js';
import type { ObjectApi } from '../connection/object-api.js';
import type { Neighbourhood } from '../dry-run/neighbourhood.js';
import { replicas } from '../fields/autoscalers.js';
import { isKubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';
import { veil } from '../objects/secret-veil.js';
import type { Wanted } from '../objects/wanted.js';
import { judgeDrift } from './judge-drift.js';

/** What the cluster is asked where an object is not as it was sent. */
export type DriftEyes = {
  readonly api: ObjectApi;
  readonly neighbourhood: Neighbourhood;
  readonly hmacKey: Uint8Array;
  readonly signal: AbortSignal;
};

/**
 * What the server would make of the manifest now: it writes quantities in its own way, and webhooks change what they like.
 * Undefined where it does not say.
 */
const findResult = async (
  { api, signal }: DriftEyes,
  { resource, body }: Wanted,
): Promise<KubeObject | undefined> => {
  if (!resource) return undefined;
  try {
    return await api.apply(resource, body, { dryRun: true, force: true, signal });
  } catch (error) {
    if (!isKubernetesError(error) || error.retryable) throw error;
    return undefined;
  }
};

/** How an object is not as it was applied, with what the cluster has to say to that. Throws what another try may help with. */
export const examineDrift = async (
  eyes: DriftEyes,
  entry: InventoryEntry,
  live: KubeObject | undefined,
  wanted: Wanted | undefined,
): Promise<DriftedObject | undefined> => {
  const hidden = (object: KubeObject | undefined) => object && veil(eyes.hmacKey, object);
  const compared = {
    ...{ entry, applied: hidden(wanted?.body), live: hidden(live) },
    ...(wanted?.ignores && { ignores: wanted.ignores }),
  };
  const drift = judgeDrift(compared);
  if (!wanted || drift?.change !== 'changed') return drift;
  const isReplicas = drift.fields.some(({ path }) => path === replicas.pointer);
  const scaler = isReplicas ? await eyes.neighbourhood.autoscalerOf(entry.object, eyes.signal) : undefined;
  const result = hidden(await findResult(eyes, wanted));
  return judgeDrift({ ...compared, isScaled: scaler !== undefined, ...(result && { result }) });
};
