import type { KubeObject } from '../schemas/kube-object.js';
import type { Store } from '../storage/store.js';
import { now } from './prepare.js';
import { conflict } from './refused.js';
import { isHeld, type Target, type Writer } from './writer.js';

/** DeleteOptions, as far as they are heeded. */
export type Removal = {
  readonly propagationPolicy?: string | undefined;
  readonly preconditions?:
    { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined } | undefined;
  readonly dryRun?: boolean;
};

const policyFinalizers: Readonly<Record<string, string>> = {
  Foreground: 'foregroundDeletion',
  Orphan: 'orphan',
};
const definitionFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** Deletes objects: at once, or marks them where finalizers hold them. */
export class Remover {
  constructor(
    private readonly store: Store,
    private readonly writer: Writer,
  ) {}

  /** The object as it is then, and whether it is gone. */
  remove(target: Target, removal: Removal): { readonly object: KubeObject; readonly isGone: boolean } {
    const { served, name } = target;
    const live = this.writer.find(target);
    const { uid, resourceVersion } = removal.preconditions ?? {};
    if (uid !== undefined && uid !== live.metadata.uid)
      throw conflict(
        served,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ''}`,
      );
    if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion)
      throw conflict(
        served,
        name,
        `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${live.metadata.resourceVersion ?? ''}`,
      );
    const marked = this.#marked(live, removal.propagationPolicy);
    if (removal.dryRun === true) return { object: marked, isGone: !isHeld(marked) };
    if (!isHeld(marked)) return { object: this.store.remove(served.collection, live), isGone: true };
    const isNews = marked !== live;
    return { object: isNews ? this.store.put(served.collection, marked) : live, isGone: false };
  }

  #marked(live: KubeObject, policy = 'Background'): KubeObject {
    const { finalizers = [], deletionTimestamp, generation } = live.metadata;
    const added = [
      ...(policyFinalizers[policy] === undefined ? [] : [policyFinalizers[policy]]),
      ...(live.kind === 'CustomResourceDefinition' ? [definitionFinalizer] : []),
    ].filter((one) => !finalizers.includes(one));
    if (deletionTimestamp !== undefined && added.length === 0) return live;
    const all = [...finalizers, ...added];
    const metadata = {
      ...live.metadata,
      ...(all.length > 0 && { finalizers: all }),
      deletionTimestamp: deletionTimestamp ?? now(),
      deletionGracePeriodSeconds: 0,
      ...(generation !== undefined && deletionTimestamp === undefined && { generation: generation + 1 }),
    };
    const isNamespace = live.kind === 'Namespace' && live.apiVersion === 'v1';
    return {
      ...live,
      metadata,
      ...(isNamespace && { status: { ...(live.status as object | undefined), phase: 'Terminating' } }),
    };
  }
}
