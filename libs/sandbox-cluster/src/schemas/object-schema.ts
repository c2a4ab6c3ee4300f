import type { FieldType } from './field-type.js';
import type { SchemaNode } from './schema-node.js';

/** The schema of one kind in one version. */
export type ObjectSchema = {
  readonly apiVersion: string;
  readonly kind: string;
  /** The schema in a custom resource definition; objects of such a kind are validated by it and kept as they are written. */
  readonly custom?: SchemaNode;
  /** Whether status is written through a subresource, and is out of reach of every other write. */
  readonly hasStatus: boolean;
  readonly root: FieldType;
};
