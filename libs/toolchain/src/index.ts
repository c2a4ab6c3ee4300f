export { pins } from './binaries/pins.js';
export type { BinaryName, Pin } from './binaries/pins.js';
export {
  cacheDirectory,
  findBinary,
  placeOfBinary,
  resolveBinaries,
  resolveBinary,
} from './binaries/resolve.js';
export type { Found, ResolveOptions } from './binaries/resolve.js';
export type { Progress } from './binaries/progress.js';
export { identifyProcess, isRunning } from './processes/identity.js';
export type { ProcessIdentity } from './processes/identity.js';
export { runningProcesses, startProcess } from './processes/managed-process.js';
export type { ManagedProcess, ProcessOptions } from './processes/managed-process.js';
export { accepts, freePort, isFree, stopUnlessReady, waitUntilReady } from './processes/readiness.js';
export { startCluster } from './servers/cluster.js';
export type { AuditOptions } from './servers/cluster-audit.js';
export type { ClusterOptions, RunningCluster } from './servers/cluster.js';
export { startNatsServer } from './servers/nats.js';
export { startPostgres } from './servers/postgres.js';
export type { RunningPostgres } from './servers/postgres.js';
export { ToolchainError } from './toolchain-error.js';
