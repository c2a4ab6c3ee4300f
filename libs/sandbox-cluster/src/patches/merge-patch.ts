import type { Json } from '@syncline/kernel';

import { isObject } from '../schemas/json.js';

/** Applies a JSON merge patch (RFC 7386): null removes, maps merge, everything else replaces. */
export const applyMergePatch = (target: Json | undefined, patch: Json): Json => {
  if (!isObject(patch)) return patch;
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, applyMergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
};
