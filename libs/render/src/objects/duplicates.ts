import { groupOf, metadataOf, refuseObject, textOf, type PlacedObject } from './rendering.js';

const at = ({ findPlace }: PlacedObject): string => {
  const place = findPlace?.();
  return place === undefined ? '' : ` at ${place.file}:${place.line}`;
};

/**
 * Throws {@link RenderError} where two objects are the same one for a cluster: equal group, kind, namespace (the
 * application's where none is named) and name, in whichever version.
 */
export const refuseDuplicates = (objects: readonly PlacedObject[], namespace: string): void => {
  const first = new Map<string, PlacedObject>();
  for (const placed of objects) {
    const metadata = metadataOf(placed.object);
    const home = textOf(metadata, 'namespace') || namespace;
    const key = JSON.stringify([groupOf(placed.object), placed.object.kind, home, metadata.name]);
    const earlier = first.get(key);
    if (earlier !== undefined) {
      throw refuseObject(
        'object-duplicate',
        placed,
        `is declared twice, first${at(earlier)}, again${at(placed)}`,
      );
    }
    first.set(key, placed);
  }
};
