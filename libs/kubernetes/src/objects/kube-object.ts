import type { ObjectName } from '@syncline/events';
import type { Json } from '@syncline/kernel';

/** One entry of `metadata.managedFields`. */
export type ManagedFields = {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly apiVersion?: string;
  readonly fieldsV1?: Readonly<Record<string, Json>>;
};

/** What every object's metadata may hold, as far as this package reads it. */
export type ObjectMeta = {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly {
    readonly uid: string;
    readonly kind: string;
    readonly name: string;
    readonly controller?: boolean;
  }[];
  readonly managedFields?: readonly ManagedFields[];
};

/** An object of any kind: raw JSON, of which unknown fields are kept. */
export type KubeObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
};

/** The API group of an `apiVersion`; empty for the core group. */
export const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';

/** The coordinates of an object. */
export const nameOf = ({ apiVersion, kind, metadata }: KubeObject): ObjectName => ({
  apiVersion,
  kind,
  ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
  name: metadata.name ?? '',
});

/** What identifies an object whatever its version: `group/Kind/namespace/name`, empty parts where there are none. */
export const identityOf = ({ apiVersion, kind, namespace, name }: ObjectName): string =>
  [groupOf(apiVersion), kind, namespace ?? '', name].join('/');

/** A copy of an object without some of its fields. */
export const without = (
  object: Readonly<Record<string, unknown>>,
  ...fields: readonly string[]
): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !fields.includes(name)));
