import type { ObjectSchema } from '../schemas/object-schema.js';
import { difference, pathSet, setOf, union, without, type FieldSet } from './field-set.js';

const metadata = ['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion']; // prettier-ignore

/** What identifies an object, and what the server alone writes, belongs to no manager. */
const serverFields = [
  pathSet('f:apiVersion'),
  pathSet('f:kind'),
  pathSet('f:metadata'),
  ...metadata.map((field) => pathSet('f:metadata', `f:${field}`)),
].reduce(union);

/** A manager's fields without those. */
export const ownable = (fields: FieldSet): FieldSet => difference(fields, serverFields);

const status = pathSet('f:status');
const spec = pathSet('f:spec');

/**
 * What a write cannot reach, and so does not own: status where it has its own subresource, and through that, everything
 * else that the kind resets.
 */
export const outOfReach = (schema: ObjectSchema, subresource: string): FieldSet => {
  if (subresource === '') return schema.hasStatus ? status : setOf(false, []);
  if (subresource !== 'status') return setOf(false, []);
  if (schema.custom) return union(spec, pathSet('f:metadata'));
  return schema.kind === 'Deployment' ? union(spec, pathSet('f:metadata', 'f:labels')) : spec;
};

/** The fields that a write through this subresource may own. */
export const withinReach = (schema: ObjectSchema, subresource: string, fields: FieldSet): FieldSet =>
  without(fields, outOfReach(schema, subresource));
