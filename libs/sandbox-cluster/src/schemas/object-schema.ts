import type { FieldType } from './field-type.js';

/** The schema of one kind in one version. */
export type ObjectSchema = {
  readonly apiVersion: string;
  readonly kind: string;
  /** Of a custom resource definition, whose objects are kept as they are written but for unknown fields. */
  readonly custom: boolean;
  /** Whether status is written through a subresource, and is out of reach of every other write. */
  readonly hasStatus: boolean;
  readonly root: FieldType;
};
