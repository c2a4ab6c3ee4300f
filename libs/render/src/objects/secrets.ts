import { digestOf } from '@syncline/kernel';
import type { Manifest } from '@syncline/events';

import { isMapping, metadataOf, refuseObject, textOf, type Mapping, type PlacedObject } from './rendering.js';

/** What stands in a manifest before the 64 hex digits of a reference. */
export const secretPrefix = 'syncline-secret:';

/** Objects with references, and the base64 values that they stand for, by their 64 hex digits. */
export type SecretReferences = {
  readonly objects: readonly Manifest[];
  readonly secrets: ReadonlyMap<string, string>;
};

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const isSecret = (object: Manifest): boolean => object.kind === 'Secret' && object.apiVersion === 'v1';

const membersOf = (placed: PlacedObject, field: string): Mapping => {
  const value = placed.object[field];
  if (value === undefined || value === null) return {};
  if (!isMapping(value)) throw refuseObject('secret-invalid', placed, `has a ${field} that is no mapping`);
  return value;
};

const encoded = (placed: PlacedObject, key: string, value: unknown): string => {
  // Go's decoder, which the API server reads with, passes over line ends (encoding/base64).
  const text = typeof value === 'string' ? value.replaceAll(/[\r\n]/g, '') : undefined;
  if (text === undefined || !base64.test(text))
    throw refuseObject('secret-invalid', placed, `has in data.${key} no base64`);
  return text;
};

const plain = (placed: PlacedObject, key: string, value: unknown): string => {
  if (typeof value !== 'string')
    throw refuseObject('secret-invalid', placed, `has in stringData.${key} no text; quote it`);
  return Buffer.from(value, 'utf8').toString('base64');
};

const checkSecret = (placed: PlacedObject): void => {
  if ('sops' in placed.object) {
    throw refuseObject(
      'sops-unsupported',
      placed,
      'is encrypted with SOPS, which is not carried out by this version',
    );
  }
  const { annotations } = metadataOf(placed.object);
  if (isMapping(annotations) && lastApplied in annotations)
    throw refuseObject(
      'secret-invalid',
      placed,
      `repeats its values in the annotation ${lastApplied}; remove it`,
    );
};

/** The values of a Secret in base64, `stringData` folded in as the API server does: it wins over `data`. */
const valuesOf = (placed: PlacedObject): ReadonlyMap<string, string> => {
  checkSecret(placed);
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(membersOf(placed, 'data')))
    values.set(key, encoded(placed, key, value));
  for (const [key, value] of Object.entries(membersOf(placed, 'stringData')))
    values.set(key, plain(placed, key, value));
  return values;
};

const referenceOf = (renderKey: string, object: Manifest, key: string): string => {
  const metadata = metadataOf(object);
  return digestOf([
    renderKey,
    { apiVersion: object.apiVersion, kind: object.kind },
    { namespace: textOf(metadata, 'namespace'), name: textOf(metadata, 'name') },
    `/data/${key}`,
  ]);
};

/**
 * Replaces each value of a Secret by `syncline-secret:<64 hex>`, where the digits come from the input's key, the object and
 * the field, and from nothing of the value; `stringData` is folded into `data` first. Throws {@link RenderError} on values that
 * are no base64 or no text; no message holds a value.
 */
export const secretReferences = (objects: readonly PlacedObject[], renderKey: string): SecretReferences => {
  const secrets = new Map<string, string>();
  const withReferences = objects.map((placed): Manifest => {
    if (!isSecret(placed.object)) return placed.object;
    const data: Record<string, string> = {};
    for (const [key, value] of valuesOf(placed)) {
      const reference = referenceOf(renderKey, placed.object, key);
      secrets.set(reference, value);
      data[key] = `${secretPrefix}${reference}`;
    }
    const others = Object.entries(placed.object).filter(
      ([field]) => field !== 'data' && field !== 'stringData',
    );
    return Object.fromEntries(Object.keys(data).length === 0 ? others : [...others, ['data', data]]);
  });
  return { objects: withReferences, secrets };
};
