import { ObjectApi } from '../connection/object-api.js';
import type { Manifest } from '@syncline/events';
import type { Rig } from './rig.js';
import { applyAs, apply, createNamespace, fresh, prune, raw, targetOf } from './rig.js';

/** An API whose connection ends before the n-th write of a verb: an applier that is killed there. */
export class Broken extends ObjectApi {
  constructor(
    rig: Rig,
    private readonly before: 'apply' | 'create',
  ) {
    super(rig.transport);
  }

  override async apply(...[resource, body, options]: Parameters<ObjectApi['apply']>) {
    const isOurs = !options.dryRun && !['syncline-system', undefined].includes(body.metadata.namespace);
    const isCreate = options.precondition?.resourceVersion === '1';
    if (isOurs && (this.before === 'apply' || isCreate)) throw new Error('the applier is killed');
    return super.apply(resource, body, options);
  }
}

/** A namespace of the test's own in which another manager applied an object. */
export const appliedBefore = async (rig: Rig, manager: string, path: string, object: Manifest) => {
  const name = fresh('own');
  await createNamespace(rig, name);
  const at = path.replace('NS', name);
  await applyAs(rig, manager, at, {
    ...object,
    metadata: { ...(object.metadata as object), namespace: name },
  });
  const planned = async (wanted: Manifest) => {
    const target = targetOf(name, [wanted]);
    const { operations } = await rig.client.diff(target, [], prune);
    return { target, operations, operation: operations[0]!, apply: () => apply(rig, target, operations) };
  };
  return { name, path: at, planned, live: () => raw(rig, 'GET', at) };
};

/** The managers that hold something of an object. */
export const managersOf = (live: {
  readonly metadata: { readonly managedFields?: readonly { manager?: string }[] };
}) => (live.metadata.managedFields ?? []).map(({ manager }) => manager);
