import type { ObjectName } from '@syncline/events';

import type { ServedResource } from '../cluster-client.js';
import { apiVersionOf, collectionPath, objectPath } from '../discovery/resource-path.js';
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
const jsonPatch = 'application/json-patch+json';

/** One operation of a JSON patch (RFC 6902). */
export type PatchStep =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** Whether what an object owns is deleted before it, or after. */
export type Propagation = 'Foreground' | 'Background';

type Applying = {
  readonly dryRun: boolean;
  /** Takes fields that others hold; without it they are a conflict. */
  readonly force?: boolean;
  readonly precondition?: Precondition;
  readonly signal?: AbortSignal | undefined;
};

type Page = {
  readonly items?: readonly KubeObject[];
  readonly metadata?: { readonly continue?: string };
};
const pageSize = 500;

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

  /** The objects of a resource, in one namespace or everywhere. */
  async list(
    resource: ServedResource,
    namespace: string | undefined,
    signal?: AbortSignal,
  ): Promise<readonly KubeObject[]> {
    const request = { method: 'GET', path: collectionPath(resource, namespace), signal } as const;
    const { items = [] } = await patiently(
      () => this.transport.request<{ readonly items?: readonly KubeObject[] }>(request),
      signal,
    );
    return items;
  }

  /** One page of a resource's objects in one namespace, and where the next page begins. */
  async page(
    resource: ServedResource,
    namespace: string,
    next: string | undefined,
    signal?: AbortSignal,
  ): Promise<{ readonly items: readonly KubeObject[]; readonly next: string | undefined }> {
    const query = { limit: pageSize, continue: next };
    const request = { method: 'GET', path: collectionPath(resource, namespace), query, signal } as const;
    const { items = [], metadata } = await patiently(() => this.transport.request<Page>(request), signal);
    // Items of a list leave out what the list itself says.
    const said = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    const following = metadata?.continue;
    return {
      items: items.map((item) => ({ ...item, ...said })),
      next: following === '' ? undefined : following,
    };
  }

  /** Server-side apply; as a dry run it writes nothing. */
  apply(resource: ServedResource, body: KubeObject, options: Applying): Promise<KubeObject> {
    const object = nameOf(body);
    const request = {
      method: 'PATCH',
      path: objectPath(resource, object),
      query: { fieldManager, force: options.force ?? false, ...(options.dryRun && { dryRun: 'All' }) },
      contentType: applyPatch,
      body: options.precondition ? withPrecondition(body, options.precondition) : body,
      target: object,
      signal: options.signal,
    } as const;
    return patiently(() => this.transport.request<KubeObject>(request), options.signal);
  }

  /** Patches exactly the version that is presumed; another one is a conflict, and another object a failed test. */
  patch(
    resource: ServedResource,
    object: ObjectName,
    steps: readonly PatchStep[],
    options: {
      readonly dryRun: boolean;
      readonly precondition: Required<Precondition>;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<KubeObject> {
    const { uid, resourceVersion } = options.precondition;
    const presumed: readonly PatchStep[] = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
    ];
    const request = {
      method: 'PATCH',
      path: objectPath(resource, object),
      query: { fieldManager, ...(options.dryRun && { dryRun: 'All' }) },
      contentType: jsonPatch,
      body: [...presumed, ...steps],
      target: object,
      signal: options.signal,
    } as const;
    return patiently(() => this.transport.request<KubeObject>(request), options.signal);
  }

  /** Deletes the object in the state that is presumed; what it owns goes in the background unless said. */
  async remove(
    resource: ServedResource,
    object: ObjectName,
    precondition: Required<Precondition>,
    signal?: AbortSignal,
    propagationPolicy: Propagation = 'Background',
  ): Promise<void> {
    const request = {
      method: 'DELETE',
      path: objectPath(resource, object),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: precondition,
        propagationPolicy,
      },
      target: object,
      signal,
    } as const;
    await patiently(() => this.transport.request(request), signal);
  }
}
