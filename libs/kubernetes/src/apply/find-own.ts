import type { ObjectName } from '@syncline/events';
import pLimit from 'p-limit';

import type { InventoryEntry } from '../cluster-client.js';
import { findResource } from '../discovery/resource-path.js';
import type { Workbench } from '../dry-run/diff.js';
import type { KubeObject } from '../objects/kube-object.js';
import { whyNotOurs, type Owner } from '../objects/marks.js';
import { appliedFields } from './writing.js';

const entryOf = (object: ObjectName, { metadata }: KubeObject, fields: string[]): InventoryEntry[] => {
  const { uid, generation } = metadata;
  return uid === undefined ? [] : [{ object, uid, ...(generation !== undefined && { generation }), fields }];
};

/**
 * Of objects that an apply may have made, those that are there and bear the marks of the application, as an inventory holds
 * them. An apply whose process died has told nobody what it made.
 */
export const findOwn = async (
  { capability, api, concurrency }: Workbench,
  owner: Owner,
  objects: readonly ObjectName[],
  signal?: AbortSignal,
): Promise<readonly InventoryEntry[]> => {
  const capabilities = await capability.current(signal);
  const limit = pLimit(concurrency);
  const look = async (object: ObjectName): Promise<readonly InventoryEntry[]> => {
    const resource = findResource(capabilities, object);
    const live = resource && (await api.find(resource, object, signal));
    if (!live || whyNotOurs(live, object, owner) !== undefined) return [];
    return entryOf(object, live, appliedFields(live));
  };
  return (await Promise.all(objects.map((object) => limit(look, object)))).flat();
};
