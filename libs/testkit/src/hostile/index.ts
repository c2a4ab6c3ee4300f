export { configMap, doublingBases, doublingReplacements, latin1Manifest, manifests } from './manifests.js';
export { deepTree, file, folder, link, RawObjects, treeBomb } from './raw-objects.js';
export type { RawEntry } from './raw-objects.js';
