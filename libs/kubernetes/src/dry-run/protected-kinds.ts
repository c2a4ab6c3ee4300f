import type { ObjectName } from '@syncline/events';

import { groupOf } from '../objects/kube-object.js';

const protectedKinds: Readonly<Record<string, string>> = {
  '/Namespace': 'deleting a Namespace deletes all that is in it',
  'apiextensions.k8s.io/CustomResourceDefinition':
    'deleting a CustomResourceDefinition deletes all its objects',
  '/PersistentVolume': 'data may be lost',
  '/PersistentVolumeClaim': 'data may be lost',
  'apps/StatefulSet': 'its Pods and what they keep go with it',
};

/** Why deleting an object of this kind always needs a person. */
export const protectedBecause = ({ apiVersion, kind }: ObjectName): string | undefined =>
  protectedKinds[`${groupOf(apiVersion)}/${kind}`];
