import type { ServedResource } from '../cluster-client.js';
import { absent, type ObjectApi, type Precondition } from '../connection/object-api.js';
import { isKubernetesError, type KubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';
import type { Wanted } from '../objects/wanted.js';

/** A wanted object whose kind is served. */
export type Served = Wanted & { readonly resource: ServedResource };

/** What the cluster says of a wanted object: how it is, and how it would be, or why it would not. */
export type Examination = {
  readonly live?: KubeObject;
  readonly dryRun?: KubeObject;
  readonly error?: KubernetesError;
};

const raceTries = 5;

/** The state of a live object for a write that presumes it. */
export const preconditionOf = ({ metadata }: KubeObject): Required<Precondition> => ({
  uid: metadata.uid ?? '',
  resourceVersion: metadata.resourceVersion ?? '',
});

/**
 * Reads an object and dry-runs what is wanted against exactly that state: both are of one moment, because the dry run
 * presumes the version that was read. Throws only what says nothing about the object (out of reach, throttled, faults).
 */
export const examine = async (api: ObjectApi, wanted: Served, signal?: AbortSignal): Promise<Examination> => {
  for (let tries = 1; ; tries += 1) {
    const live = await api.find(wanted.resource, wanted.object, signal);
    const precondition = live ? preconditionOf(live) : absent;
    try {
      const dryRun = await api.apply(wanted.resource, wanted.body, { dryRun: true, precondition, signal });
      return { ...(live && { live }), dryRun };
    } catch (error) {
      if (!isKubernetesError(error) || error.retryable) throw error;
      const isRace = ['conflict-version', 'conflict-exists', 'uid-mismatch'].includes(error.code);
      if (!isRace || tries >= raceTries) return { ...(live && { live }), error };
    }
  }
};
