import type { Cluster } from '../cluster.js';
import type { KubeObject } from '../schemas/kube-object.js';
import type { ObjectSchema } from '../schemas/object-schema.js';
import type { Place } from '../writes/commit.js';
import type { Address } from './address.js';
import { fieldsSelected, labelsSelected, type Selects } from './selectors.js';
import { refuse } from './answer.js';

/** One request on a resource, after its address was read. */
export type Call = {
  readonly cluster: Cluster;
  readonly address: Address;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly userAgent: string;
  readonly accept: string;
  readonly body: string;
};

/** The schema of what a call is about. */
export const schemaOf = ({ cluster, address }: Call): ObjectSchema => {
  const { apiVersion, resource } = address;
  const schema = cluster.schemas.find(apiVersion, resource.kind);
  if (!schema) throw new Error(`no schema of ${apiVersion} ${resource.kind}`);
  return schema;
};

/** Where a call writes. */
export const placeOf = (call: Call): Place => ({
  schema: schemaOf(call),
  id: call.address.id,
  group: call.address.group,
  plural: call.address.resource.name,
  namespace: call.address.namespace,
});

/** The body as JSON; refused where it is none. YAML is read as far as it is JSON. */
export const jsonBody = ({ body }: Call): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return refuse(
      400,
      'BadRequest',
      'the body of the request cannot be read as JSON; the sandbox reads neither YAML nor protobuf',
    );
  }
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The body as an object of the kind that the address names, under its name and in its namespace. */
export const objectBody = (call: Call): KubeObject => {
  const body = jsonBody(call);
  const { apiVersion, resource, name, namespace } = call.address;
  if (!isRecord(body) || !isRecord(body.metadata ?? {}))
    return refuse(400, 'BadRequest', 'the body of the request is no object');
  const metadata = (body.metadata ?? {}) as KubeObject['metadata'];
  const given = { apiVersion: body.apiVersion ?? apiVersion, kind: body.kind ?? resource.kind };
  if (given.apiVersion !== apiVersion || given.kind !== resource.kind)
    refuse(400, 'BadRequest', `the object is no ${apiVersion} ${resource.kind}`);
  if (metadata.name !== undefined && name !== undefined && metadata.name !== name)
    refuse(
      400,
      'BadRequest',
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  if (namespace !== undefined && (metadata.namespace ?? namespace) !== namespace)
    refuse(
      400,
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  const own = { ...metadata, ...(name !== undefined && { name }) };
  return { ...body, apiVersion, kind: resource.kind, metadata: own };
};

/** Whether nothing is to be written. */
export const isDryRun = ({ query }: Call): boolean => {
  const asked = query.getAll('dryRun');
  if (asked.some((one) => one !== 'All'))
    refuse(400, 'BadRequest', 'dryRun: Unsupported value: supported values: "All"');
  return asked.length > 0;
};

/** Who writes, as managedFields name it. */
export const managerOf = ({ query, userAgent }: Call): string =>
  [query.get('fieldManager') ?? '', userAgent.split('/')[0] ?? '', 'unknown']
    .find((name) => name !== '')
    ?.slice(0, 128) ?? '';

/** What a list, a watch or the deletion of a collection is limited to. */
export const selectorOf = ({ query, address }: Call): Selects => {
  const byLabels = labelsSelected(query.get('labelSelector') ?? '');
  const byFields = fieldsSelected(query.get('fieldSelector') ?? '');
  return (object) =>
    (address.namespace === undefined || object.metadata.namespace === address.namespace) &&
    byLabels(object) &&
    byFields(object);
};
