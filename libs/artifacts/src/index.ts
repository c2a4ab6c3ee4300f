export { ArtifactError } from './artifact-error.js';
export { readArchive } from './archive.js';
export type { ArchivedFile } from './archive.js';
export type { Located } from './helm-repository.js';
export { limits } from './limits.js';
export type { Limits } from './limits.js';
export { locateArtifact } from './locate.js';
export type { RegistryAccess, RegistryCredential } from './locate.js';
export { isRange, pickVersion } from './versions.js';
