import type { ObjectName } from '@syncline/events';

import type { ServedResource } from '../cluster-client.js';
import type { ObjectApi } from '../connection/object-api.js';
import { apiVersionOf } from '../discovery/resource-path.js';
import type { Capability } from '../discovery/capability.js';
import { groupOf, type KubeObject } from '../objects/kube-object.js';

/** Objects of others that say what may be done to one of ours: autoscalers, and the tools that applied it before. */
export class Neighbourhood {
  constructor(
    private readonly api: ObjectApi,
    private readonly capability: Capability,
  ) {}

  /** One object of a kind; undefined where there is none, nor its kind. */
  async find(
    group: string,
    kind: string,
    namespace: string,
    name: string,
    signal?: AbortSignal,
  ): Promise<KubeObject | undefined> {
    const resource = await this.#served(group, kind, signal);
    if (!resource) return undefined;
    return this.api.find(resource, { apiVersion: apiVersionOf(resource), kind, namespace, name }, signal);
  }

  /** All objects of a kind, in one namespace or everywhere; none where the kind is not served. */
  async list(
    group: string,
    kind: string,
    namespace: string | undefined,
    signal?: AbortSignal,
  ): Promise<readonly KubeObject[]> {
    const resource = await this.#served(group, kind, signal);
    return resource ? this.api.list(resource, namespace, signal) : [];
  }

  /** The HorizontalPodAutoscaler that scales a workload. */
  async autoscalerOf(object: ObjectName, signal?: AbortSignal): Promise<string | undefined> {
    const all = await this.list('autoscaling', 'HorizontalPodAutoscaler', object.namespace, signal);
    return all.find(({ spec }) => isTarget(spec as ScaleSpec | undefined, object))?.metadata.name;
  }

  async #served(group: string, kind: string, signal?: AbortSignal): Promise<ServedResource | undefined> {
    const { resources } = await this.capability.current(signal);
    return resources.find((one) => one.group === group && one.kind === kind);
  }
}

type ScaleSpec = {
  readonly scaleTargetRef?: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string };
};

const isTarget = (spec: ScaleSpec | undefined, { apiVersion, kind, name }: ObjectName): boolean => {
  const target = spec?.scaleTargetRef;
  return (
    target?.kind === kind && target.name === name && groupOf(target.apiVersion ?? '') === groupOf(apiVersion)
  );
};
