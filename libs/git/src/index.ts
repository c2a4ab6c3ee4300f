export { GitError } from './git-error.js';
export type { GitCode } from './git-error.js';
export type { ObjectCache, TreeEntry } from './objects/object-cache.js';
export { openObjectCache } from './objects/open-object-cache.js';
