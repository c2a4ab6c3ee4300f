import { randomUUID } from 'node:crypto';

import { timestamp } from '../cluster.js';
import { isSame, withoutMember } from '../schemas/json.js';
import type { KubeObject, Value } from '../schemas/kube-object.js';
import type { ObjectSchema } from '../schemas/object-schema.js';

const counted = /^(apps|batch|networking\.k8s\.io|policy|apiextensions\.k8s\.io)\/|^v1 Pod$/;

/** Whether the server counts the generations of a kind's desired state. */
const hasGeneration = ({ apiVersion, kind, custom }: ObjectSchema): boolean =>
  custom !== undefined || counted.test(`${apiVersion} ${kind}`);

/** The part of an object whose changes are a new generation. */
const desired = (schema: ObjectSchema, object: KubeObject): Value => {
  const rest = withoutMember(object, 'metadata');
  return (schema.hasStatus || !schema.custom ? withoutMember(rest, 'status') : rest) as Value;
};

/** A new object as the server stores it: with what no client decides. */
export const stampNew = (schema: ObjectSchema, object: KubeObject): KubeObject => {
  const metadata = withoutMember(withoutMember(object.metadata, 'resourceVersion'), 'deletionTimestamp');
  return {
    ...object,
    metadata: {
      ...metadata,
      uid: randomUUID(),
      creationTimestamp: timestamp(),
      ...(hasGeneration(schema) && { generation: 1 }),
    },
  };
};

/** A changed object: what no client decides is as it was, and its generation counts changes of the desired state. */
export const stampChanged = (schema: ObjectSchema, live: KubeObject, object: KubeObject): KubeObject => {
  const { uid, creationTimestamp, deletionTimestamp, resourceVersion, generation, namespace, name } =
    live.metadata;
  const kept = { uid, creationTimestamp, deletionTimestamp, resourceVersion, generation, namespace, name };
  const isNew = !isSame(desired(schema, live), desired(schema, { ...object, apiVersion: live.apiVersion }));
  const next = isNew && generation !== undefined ? { generation: generation + 1 } : {};
  const known = Object.entries({ ...object.metadata, ...kept, ...next }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...object, metadata: Object.fromEntries(known) };
};

/** The same object but for its version. */
export const isUnchanged = (live: KubeObject, object: KubeObject): boolean =>
  isSame(
    live as unknown as Value,
    {
      ...object,
      apiVersion: live.apiVersion,
      metadata: { ...object.metadata, resourceVersion: live.metadata.resourceVersion },
    } as unknown as Value,
  );
