import type { Manifest } from '@syncline/events';

import { told } from '../told.js';
import { RenderError, type Place, type RenderCode } from '../render-error.js';

/**
 * An object on its way to a manifest, and where it stands in the repository where that is known. Finding the line takes a walk over
 * the file, so it is found when it is asked for.
 */
export type PlacedObject = { readonly object: Manifest; readonly findPlace?: () => Place };

/** A plain mapping, as JSON has it. */
export type Mapping = Readonly<Record<string, unknown>>;

/** Whether a value is a mapping. */
export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object's metadata; empty where it has none. */
export const metadataOf = (object: Mapping): Mapping => {
  const { metadata } = object;
  return isMapping(metadata) ? metadata : {};
};

/** A member that is text, else `''`. */
export const textOf = (mapping: Mapping, key: string): string => {
  const value = mapping[key];
  return typeof value === 'string' ? value : '';
};

/** The API group in an object's apiVersion; `''` for the core group. */
export const groupOf = (object: Mapping): string => {
  const apiVersion = textOf(object, 'apiVersion');
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
};

const longestShown = 120;

/** An object as people write it: `Deployment checkout/web`. */
export const describeObject = (object: Mapping): string => {
  const metadata = metadataOf(object);
  const namespace = textOf(metadata, 'namespace');
  const text = `${textOf(object, 'kind')} ${namespace === '' ? '' : `${namespace}/`}${textOf(metadata, 'name')}`;
  return told(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
};

/** A refusal that names the object and where it stands. */
export const refuseObject = (
  code: RenderCode,
  { object, findPlace }: PlacedObject,
  reason: string,
): RenderError => {
  const name = describeObject(object);
  return new RenderError(code, `${name.trim() === '' ? 'an object' : name.trim()} ${reason}`, {
    ...findPlace?.(),
    object: name,
  });
};
