import type { Manifest } from '@syncline/events';

import { configurationGroup } from '../configuration/group.js';
import { RenderError, type Place } from '../render-error.js';
import type { YamlDocument } from '../yaml/documents.js';
import { identityFault } from './names.js';
import {
  groupOf,
  isMapping,
  metadataOf,
  refuseObject,
  textOf,
  type Mapping,
  type PlacedObject,
} from './rendering.js';

const isList = (value: Mapping): boolean =>
  textOf(value, 'kind').endsWith('List') && Array.isArray(value.items) && !('name' in metadataOf(value));

const unfoldList = (list: Mapping): readonly unknown[] => {
  const kind = textOf(list, 'kind').slice(0, -'List'.length);
  const inherited = kind === '' ? {} : { apiVersion: list.apiVersion, kind };
  return (list.items as readonly unknown[]).map((item) =>
    isMapping(item) ? { ...inherited, ...item } : item,
  );
};

const missingIn = (object: Mapping): string | undefined => {
  if (textOf(object, 'apiVersion') === '') return 'apiVersion';
  if (textOf(object, 'kind') === '') return 'kind';
  if (textOf(metadataOf(object), 'name') === '') return 'metadata.name';
  return undefined;
};

/** Throws {@link RenderError} where a value cannot be the identity of one Kubernetes object. */
export const checkObject = (placed: PlacedObject): void => {
  const metadata = metadataOf(placed.object);
  if ('generateName' in metadata) {
    throw refuseObject(
      'generate-name-refused',
      placed,
      'has generateName; an object that is kept needs a name',
    );
  }
  const missing = missingIn(placed.object);
  if (missing !== undefined) throw refuseObject('object-invalid', placed, `has no ${missing}`);
  const fault = identityFault(placed.object);
  if (fault !== undefined) throw refuseObject('object-invalid', placed, fault);
};

/** Whether an object is Syncline's own configuration, which is never deployed. */
export const isConfiguration = (object: Mapping): boolean => groupOf(object) === configurationGroup;

const placeItem = (
  document: YamlDocument,
  value: unknown,
  path: readonly (string | number)[],
): PlacedObject => {
  const findPlace = (): Place => ({ file: document.file, line: document.lineOf(path) });
  if (!isMapping(value)) throw new RenderError('object-invalid', 'is no Kubernetes object', findPlace());
  return { object: value as Manifest, findPlace };
};

/** The objects of a document: lists unfolded, empty documents and Syncline's configuration left out, each checked. */
export const objectsOf = (document: YamlDocument): readonly PlacedObject[] => {
  const { value } = document;
  if (value === null) return [];
  const placed =
    isMapping(value) && isList(value)
      ? unfoldList(value).map((item, index) => placeItem(document, item, ['items', index]))
      : [placeItem(document, value, [])];
  const kept = placed.filter(({ object }) => !isConfiguration(object));
  kept.forEach(checkObject);
  return kept;
};
