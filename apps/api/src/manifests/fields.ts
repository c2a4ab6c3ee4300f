import type { Manifest } from './recorded-manifests.js';

export type Value = Manifest[string];

/** Fields by their path, a JSON pointer with keys in place of indexes where a list has them, as in plans and drift. */
export type Fields = ReadonlyMap<string, Value>;

/** Keys of lists, by the name of the list (Kubernetes API reference, `x-kubernetes-list-map-keys`), with what they are by default. */
const listKeys: Readonly<Record<string, readonly Readonly<Record<string, string | undefined>>[]>> = {
  ports: [
    { containerPort: undefined, protocol: 'TCP' },
    { port: undefined, protocol: 'TCP' },
  ],
  volumeMounts: [{ mountPath: undefined }],
  volumeDevices: [{ devicePath: undefined }],
  hostAliases: [{ ip: undefined }],
  conditions: [{ type: undefined }],
  topologySpreadConstraints: [{ topologyKey: undefined, whenUnsatisfiable: undefined }],
};
const byName: readonly Readonly<Record<string, string | undefined>>[] = [{ name: undefined }];

const isMap = (value: Value | undefined): value is Record<string, Value> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const escaped = (text: string): string => text.replaceAll('~', '~0').replaceAll('/', '~1');

const keyOf = (item: Value, keys: Readonly<Record<string, string | undefined>>): string | undefined => {
  if (!isMap(item)) return undefined;
  const parts = Object.entries(keys).map(([name, usual]) => {
    const value = Object.hasOwn(item, name) ? item[name] : usual;
    return typeof value === 'string' || typeof value === 'number' ? `${name}=${value}` : undefined;
  });
  return parts.includes(undefined) ? undefined : `[${escaped(parts.join(','))}]`;
};

/** How the items of a list are told apart: by keys where all have them, each once, else by their places. */
const steps = (list: readonly Value[], name: string): readonly string[] => {
  for (const keys of [...(Object.hasOwn(listKeys, name) ? (listKeys[name] ?? []) : []), ...byName]) {
    const found = list.map((item) => keyOf(item, keys));
    if (!found.includes(undefined) && new Set(found).size === list.length) return found as string[];
  }
  return list.map((_, index) => String(index));
};

const walk = (value: Value, path: string, name: string, into: Map<string, Value>): void => {
  if (Array.isArray(value) && value.length > 0) {
    const places = steps(value, name);
    for (const [index, item] of value.entries()) walk(item, `${path}/${places[index] ?? index}`, name, into);
  } else if (isMap(value) && Object.keys(value).length > 0) {
    for (const [member, inner] of Object.entries(value))
      walk(inner, `${path}/${escaped(member)}`, member, into);
  } else into.set(path, value);
};

const reference = /^syncline-secret:[0-9a-f]{64}$/;

/** A value of a Secret is shown as the reference that stands for it in the record, and as nothing else. */
const veiled = (object: Manifest, fields: Map<string, Value>): Fields => {
  if (object.kind !== 'Secret') return fields;
  for (const [path, value] of fields)
    if (/^\/(?:data|stringData)\//.test(path) && !(typeof value === 'string' && reference.test(value)))
      fields.set(path, '(a value of a Secret)');
  return fields;
};

/** Every field of an object that has no fields below it. */
export const fieldsOf = (object: Manifest): Fields => {
  const fields = new Map<string, Value>();
  walk(object, '', '', fields);
  return veiled(object, fields);
};

/** What names an object: as in plans. */
export type NamedObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
};

const text = (value: Value | undefined): string => (typeof value === 'string' ? value : '');

/** The name of a recorded object. */
export const nameOf = (object: Manifest): NamedObject => {
  const metadata = isMap(object.metadata) ? object.metadata : {};
  const namespace = text(metadata.namespace);
  return {
    apiVersion: text(object.apiVersion),
    kind: text(object.kind),
    ...(namespace !== '' && { namespace }),
    name: text(metadata.name),
  };
};

/** One text for each object, whatever version of its group it was written in. */
export const identityOf = ({ apiVersion, kind, namespace = '', name }: NamedObject): string => {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return JSON.stringify([group, kind, namespace, name]);
};
