import type { ObjectName } from '@syncline/events';

import type { ServedResource } from '../cluster-client.js';
import { objectPath } from '../discovery/resource-path.js';
import { isKubernetesError } from '../kubernetes-error.js';
import { nameOf, type KubeObject } from '../objects/kube-object.js';
import { fieldManager } from '../objects/marks.js';
import { patiently } from './patience.js';
import type { Transport } from './transport.js';

/** The state of an object that a write presumes. Both, because each alone lets something through. */
export type Precondition = { readonly uid?: string; readonly resourceVersion: string };

/** No object has this resourceVersion: a create carries it, so that an object that is there is a conflict. */
export const absent: Precondition = { resourceVersion: '1' };

const applyPatch = 'application/apply-patch+yaml';

const withPrecondition = (body: KubeObject, { uid, resourceVersion }: Precondition): KubeObject => ({
  ...body,
  metadata: { ...body.metadata, ...(uid !== undefined && { uid }), resourceVersion },
});

/** The few verbs by which objects are read and written. Each call is repeated while the server throttles or is faulty. */
export class ObjectApi {
  constructor(private readonly transport: Transport) {}

  /** The object, or undefined where there is none (nor its kind, nor its namespace). */
  async find(
    resource: ServedResource,
    object: ObjectName,
    signal?: AbortSignal,
  ): Promise<KubeObject | undefined> {
    const request = { method: 'GET', path: objectPath(resource, object), target: object, signal } as const;
    try {
      return await patiently(() => this.transport.request<KubeObject>(request), signal);
    } catch (error) {
      if (isKubernetesError(error, 'not-found', 'namespace-absent', 'kind-unknown')) return undefined;
      throw error;
    }
  }

  /** Server-side apply with `force=false`; as a dry run it writes nothing. */
  apply(
    resource: ServedResource,
    body: KubeObject,
    options: {
      readonly dryRun: boolean;
      readonly precondition?: Precondition;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<KubeObject> {
    const object = nameOf(body);
    const request = {
      method: 'PATCH',
      path: objectPath(resource, object),
      query: { fieldManager, force: false, ...(options.dryRun && { dryRun: 'All' }) },
      contentType: applyPatch,
      body: options.precondition ? withPrecondition(body, options.precondition) : body,
      target: object,
      signal: options.signal,
    } as const;
    return patiently(() => this.transport.request<KubeObject>(request), options.signal);
  }

  /** Deletes the object in the state that is presumed; what it owns goes in the background. */
  async remove(
    resource: ServedResource,
    object: ObjectName,
    precondition: Required<Precondition>,
    signal?: AbortSignal,
  ): Promise<void> {
    const request = {
      method: 'DELETE',
      path: objectPath(resource, object),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: precondition,
        propagationPolicy: 'Background',
      },
      target: object,
      signal,
    } as const;
    await patiently(() => this.transport.request(request), signal);
  }
}
