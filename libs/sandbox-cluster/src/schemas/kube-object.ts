import type { Json } from '@syncline/kernel';

/** One entry of `metadata.managedFields`, as the API writes it. */
export type ManagedFieldsEntry = {
  readonly manager?: string;
  readonly operation?: 'Apply' | 'Update';
  readonly apiVersion?: string;
  readonly time?: string;
  readonly fieldsType?: 'FieldsV1';
  readonly fieldsV1?: FieldsV1;
  readonly subresource?: string;
};

/** A field set on the wire: `f:` a field, `k:` a list item by key, `v:` one by value, `.` the thing itself. */
export type FieldsV1 = { readonly [element: string]: FieldsV1 };

/** What the sandbox reads of every object's metadata. */
export type ObjectMeta = {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
    readonly controller?: boolean;
    readonly blockOwnerDeletion?: boolean;
  }[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
};

/** An object of any kind: JSON with a name. */
export type KubeObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
};

/** The value of a field: JSON. */
export type Value = Json;
