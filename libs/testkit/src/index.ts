export { eventually } from './eventually.js';
export { startLocalCluster, startPostgresServer } from './servers.js';
export type { TestPostgres } from './servers.js';
export { temporaryFolder } from './temporary-folder.js';
export type { TemporaryFolder } from './temporary-folder.js';
export { startLog, testKeys } from './test-log.js';
export type { TestLog, TestLogOptions } from './test-log.js';
export { addCommand, addReaction, listen } from './strategies.js';
export type { TestReaction } from './strategies.js';
