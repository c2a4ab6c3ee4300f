export { GitError } from './git-error.js';
export type { GitCode } from './git-error.js';
export type { ObjectCache, TreeEntry } from './objects/object-cache.js';
export { openObjectCache } from './objects/open-object-cache.js';
export { createRepositoryFrom } from './server/create-repository.js';
export type { RepositoryFromFolder } from './server/create-repository.js';
export { startGitServer } from './server/start-git-server.js';
export type { GitServer, GitServerOptions } from './server/start-git-server.js';
