import type { Manifest } from './recorded-manifests.js';

type Json = Manifest[string];

const lists = new Set(['containers', 'initContainers', 'ephemeralContainers']);

const isMap = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const within = (value: Json, found: Set<string>): void => {
  if (Array.isArray(value)) for (const one of value) within(one, found);
  if (!isMap(value)) return;
  for (const [name, member] of Object.entries(value)) {
    if (lists.has(name) && Array.isArray(member))
      for (const one of member) if (isMap(one) && typeof one.image === 'string') found.add(one.image);
    within(member, found);
  }
};

/** The container images that objects name, each once, sorted. Those of Secrets and ConfigMaps are only text. */
export const imagesOf = (objects: readonly Manifest[]): readonly string[] => {
  const found = new Set<string>();
  for (const object of objects)
    if (object.kind !== 'Secret' && object.kind !== 'ConfigMap') within(object, found);
  return [...found].sort();
};
